import { DeskError } from '../api/errors.ts'
import type { Desk, DeskApp } from '../desk.ts'
import { type PageFile, readPageFiles } from '../http/page-files.ts'

/** The desk's own page. Its files are read when it is first asked for: a desk without a page starts without them. */
export function pageRoutes(app: DeskApp, desk: Desk): void {
  let files: Promise<ReadonlyMap<string, PageFile>> | undefined
  const open = async (folder: string): Promise<ReadonlyMap<string, PageFile>> => {
    files ??= readPageFiles(folder)
    try {
      return await files
    } catch (cause) {
      files = undefined
      throw new DeskError('NOT_FOUND', 'the page has not been built: npm run build', {}, { cause })
    }
  }
  app.route({
    method: 'GET',
    url: '/*',
    config: { public: true },
    schema: { hide: true },
    handler: async (request, reply) => {
      // The address as it was sent: a name with %2e or %2f in it is none of the page's.
      const path = request.url.split('?', 1)[0] as string
      const file = desk.pageFolder === undefined ? undefined : (await open(desk.pageFolder)).get(path)
      if (!file) throw new DeskError('NOT_FOUND', 'there is nothing here')
      return reply.type(file.type).send(file.bytes)
    },
  })
}
