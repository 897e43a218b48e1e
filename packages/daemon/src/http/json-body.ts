import type { DeskApp } from '../desk.ts'

/** JSON is the only body there is; an empty one is none. */
export function readJson(app: DeskApp): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else parse(request, body as string, done)
  })
}
