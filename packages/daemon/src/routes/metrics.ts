import { createHash, timingSafeEqual } from 'node:crypto'
import { DeskError } from '../api/errors.ts'
import { isLoopback } from '../config/listen-config.ts'
import type { Desk, DeskApp } from '../desk.ts'
import { EXPOSITION_TYPE } from '../keeping/exposition.ts'
import type { MetricsConfig } from '../keeping/keeping-config.ts'

/** GET /metrics for Prometheus; there only where the configuration asks for it. */
export function metricsRoutes(app: DeskApp, desk: Desk): void {
  const { config, metrics } = desk
  if (!config.metrics || !metrics) return
  const rule = config.metrics
  app.route({
    method: 'GET',
    url: '/metrics',
    config: { public: true },
    schema: { hide: true },
    handler: async (request, reply) => {
      const { authorization, origin } = request.headers
      checkCollector(rule, { authorization, origin, address: request.raw.socket.remoteAddress })
      return reply.type(EXPOSITION_TYPE).send(metrics.text())
    },
  })
}

/** Whether a collector may have the metrics: by its own token where one is configured, else from this machine alone. Throws
 * DeskError TOKEN_MISSING, TOKEN_REFUSED or NOT_FOUND. */
export function checkCollector(
  { tokenSha256 }: MetricsConfig,
  from: {
    readonly authorization: string | undefined
    readonly address: string | undefined
    readonly origin?: string | undefined
  },
): void {
  if (tokenSha256 === undefined) {
    // A collector is no web page.
    if (from.origin !== undefined) throw new DeskError('NOT_FOUND', 'there is nothing here')
    // A Unix socket has no address.
    if (from.address === undefined || isLoopback(from.address)) return
    throw new DeskError('NOT_FOUND', 'there is nothing here')
  }
  if (from.authorization === undefined) throw new DeskError('TOKEN_MISSING', 'the Authorization header is missing')
  const token = /^Bearer (\S{1,512})$/i.exec(from.authorization)?.[1]
  const digest = createHash('sha256')
    .update(token ?? '')
    .digest()
  if (token === undefined || !timingSafeEqual(digest, Buffer.from(tokenSha256, 'hex'))) {
    throw new DeskError('TOKEN_REFUSED', "this is not the collector's token")
  }
}
