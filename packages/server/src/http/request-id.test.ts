import { expect, test } from 'vitest'
import { makeRequestId } from './request-id.ts'

test('an id is 24 hex characters that begin with the time', () => {
  expect(makeRequestId(new Date(0x5c06a3b6 * 1000))).toMatch(/^5C06A3B6[0-9A-F]{16}$/)
})

test('two requests of one instant have different ids', () => {
  const now = new Date()
  expect(makeRequestId(now)).not.toBe(makeRequestId(now))
})
