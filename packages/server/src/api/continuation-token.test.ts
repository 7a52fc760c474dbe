import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeContinuationToken, encodeContinuationToken } from './continuation-token.ts'

test('what is written can be read back, and needs no escaping', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (key) => {
      const token = encodeContinuationToken(key)
      expect(token).toMatch(/^[A-Za-z0-9_-]+$/)
      expect(decodeContinuationToken(token)).toBe(key)
    }),
  )
})

test.each([
  'nonsense',
  'CgJiYw--',
  `${encodeContinuationToken('a')}=`,
  encodeContinuationToken('a').slice(0, -1),
  Buffer.from('a').toString('base64'),
  Buffer.from('1:a').toString('base64url'),
])('%s is no token of ours', (token) => {
  expect(() => decodeContinuationToken(token)).toThrow(
    expect.objectContaining({
      code: 'InvalidArgument',
      status: 400,
      details: { ArgumentName: 'continuation-token', ArgumentValue: token },
    }),
  )
})
