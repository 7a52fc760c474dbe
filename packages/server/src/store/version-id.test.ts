import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatVersionId, parseVersionId } from './version-id.ts'

const digits = fc
  .array(fc.constantFrom(...'0123456789ABCDEF'), { minLength: 32, maxLength: 32 })
  .map((array) => array.join(''))

test('an id is 64 letters and digits, as those of the service are, and is read back', () => {
  fc.assert(
    fc.property(digits, (id) => {
      expect(formatVersionId(id)).toMatch(/^CAEQ[A-Za-z0-9]{60}$/)
      expect(parseVersionId(formatVersionId(id))).toBe(id)
    }),
  )
  expect(parseVersionId(formatVersionId('null'))).toBe('null')
})

test('ids of one length that are not ours are ids of no version', () => {
  // From the documentation of the service.
  const theirs = 'CAEQNRiBgIDMh4mD0BYiIDUzNDA4OGNmZjBjYTQ0YmI4Y2I4ZmVlYzJlNGVk'
  expect(parseVersionId(theirs)).toBe('0'.repeat(32))
})

test.each(['', 'IllegalVersion', '234', 'NULL', `CAEQ${'*'.repeat(60)}`, 'CAEQ', 'A'.repeat(64)])(
  '%j is no version id',
  (text) => {
    expect(parseVersionId(text)).toBeUndefined()
  },
)
