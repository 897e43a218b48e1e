import { FormatError, parseCardQr } from '@cccd/mrz'
import { z } from 'zod'
import { errorBodySchema } from '../api/errors.ts'
import { pictureScansSchema, scanReplySchema, scanRequestSchema } from '../api/scans.ts'
import type { Desk, DeskApp } from '../desk.ts'
import { scanPicture } from '../readings/scan-picture.ts'
import { scanView } from '../readings/scan-view.ts'

/** A photo of a phone's camera. */
const MOST_PICTURE_BYTES = 16 << 20

/** Texts and pictures of QR codes and MRZ: what they are and say, and whether they open a chip. */
export async function scanRoutes(app: DeskApp, _desk: Desk): Promise<void> {
  app.route({
    method: 'POST',
    url: '/v1/scans',
    config: { scope: 'qr' },
    schema: {
      tags: ['scans'],
      operationId: 'scan',
      summary: 'What a scanned text is and says',
      body: scanRequestSchema,
      response: { 200: scanReplySchema, '4xx': errorBodySchema },
    },
    handler: async ({ body: { text, via, qr } }) => {
      const card = qr === undefined ? undefined : cardOf(qr)
      return { scan: scanView(text, { ...(via && { via }), ...(card && { qr: card }) }) }
    },
  })
  // Only inside here is a body of bytes taken at all.
  await app.register(async scope => {
    scope.addContentTypeParser(
      /^image\//,
      { parseAs: 'buffer', bodyLimit: MOST_PICTURE_BYTES },
      (_request, body, done) => done(null, body),
    )
    ;(scope as DeskApp).route({
      method: 'POST',
      url: '/v1/scans/picture',
      config: { scope: 'qr', accepts: 'image' },
      bodyLimit: MOST_PICTURE_BYTES,
      schema: {
        tags: ['scans'],
        operationId: 'scanPicture',
        summary: 'The QR codes and the MRZ of a picture (JPEG, PNG or WebP)',
        consumes: ['image/jpeg', 'image/png', 'image/webp'],
        body: z.custom<Uint8Array>(body => body instanceof Uint8Array).meta({ type: 'string', format: 'binary' }),
        response: { 200: pictureScansSchema, '4xx': errorBodySchema },
      },
      handler: async (request, reply) => {
        const gone = new AbortController()
        reply.raw.once('close', () => gone.abort())
        try {
          return await scanPicture(request.body, gone.signal)
        } finally {
          request.body.fill(0)
        }
      },
    })
  })
}

/** The QR of the same card; what is none settles nothing. */
function cardOf(text: string): ReturnType<typeof parseCardQr> | undefined {
  try {
    return parseCardQr(text)
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}
