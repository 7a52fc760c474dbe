import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseConfigFile } from './config-file.ts'
import { replaceSection } from './write-profile.ts'

test('a section is replaced, however it was spelled, and every other line stays', () => {
  const before = `# mine
[Default]
endpoint = old
language = en

[profile a.b]
; a note
endpoint=http://x
`
  expect(replaceSection(before, 'default', { endpoint: 'http://new' })).toBe(`# mine
[profile a.b]
; a note
endpoint=http://x

[default]
endpoint = http://new
`)
})

test('whatever is written is read back', () => {
  const words = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 20 })
    .map((text) => text.replaceAll(/[\r\n\0\uFEFF]/g, '').trim())
    .filter((text) => text !== '')
  fc.assert(
    fc.property(words, words, (id, secret) => {
      const values = { accessKeyId: id, accessKeySecret: secret }
      const text = replaceSection('[other]\na = b\n', 'profile x', values)
      const found = parseConfigFile(text)
      expect(found.get('profilex')?.get('accesskeyid')).toBe(id)
      expect(found.get('profilex')?.get('accesskeysecret')).toBe(secret)
      expect(found.get('other')?.get('a')).toBe('b')
    }),
  )
})
