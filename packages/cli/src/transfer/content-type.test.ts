import { expect, test } from 'vitest'
import { contentTypeOf } from './content-type.ts'

test.each([
  ['page.html', 'text/html'],
  ['a.b/FILM.MP4', 'video/mp4'],
  ['a.tar.gz', 'application/gzip'],
  ['what.unheard-of', 'application/octet-stream'],
  ['html', 'application/octet-stream'],
  ['.html', 'application/octet-stream'],
  ['dir.html/README', 'application/octet-stream'],
])('%s is of type %s', (name, type) => {
  expect(contentTypeOf(name)).toBe(type)
})
