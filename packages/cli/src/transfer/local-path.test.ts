import { join } from 'node:path'
import { expect, test } from 'vitest'
import { localPathOf } from './local-path.ts'

test.each([
  ['a.mov', ['a.mov']],
  ['films/2026/a b.mov', ['films', '2026', 'a b.mov']],
  ['..a/b..', ['..a', 'b..']],
  ['电影/%2F', ['电影', '%2F']],
])('%s stays below the directory', (key, segments) => {
  expect(localPathOf('/tmp/target', key)).toBe(join('/tmp/target', ...segments))
})

test.each(['..', '../a', 'a/../../b', 'a/..', './a', 'a/./b', '/etc/passwd', 'a//b', 'a\0b'])(
  'the key %j, which names no file below the directory, is refused',
  (key) => {
    expect(() => localPathOf('/tmp/target', key)).toThrow(/does not name a file below/)
  },
)

test('a folder marker is no file', () => {
  expect(localPathOf('/tmp/target', 'films/')).toBeUndefined()
})
