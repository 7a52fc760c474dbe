import { expect, test } from 'vitest'
import * as limits from './limits.ts'

test('the numbers are those of the OSS documentation', () => {
  expect(limits).toMatchObject({
    MIN_PART_NUMBER: 1,
    MAX_PART_NUMBER: 10_000,
    MAX_PARTS: 10_000,
    MIN_PART_SIZE: 102_400,
    MAX_PART_SIZE: 5_368_709_120,
    MAX_PUT_SIZE: 5_368_709_120,
    MAX_KEY_BYTES: 1023,
    MIN_BUCKET_NAME: 3,
    MAX_BUCKET_NAME: 63,
    MAX_PAGE: 1000,
    DEFAULT_MAX_KEYS: 100,
    MAX_BUCKETS: 100,
    MAX_USER_METADATA: 8192,
    MAX_CLOCK_SKEW_MS: 900_000,
    MAX_PRESIGN_SECONDS: 604_800,
  })
})

test('the largest object is counted without loss', () => {
  expect(limits.MAX_OBJECT_SIZE).toBe(53_687_091_200_000)
  expect(Number.isSafeInteger(limits.MAX_OBJECT_SIZE)).toBe(true)
})

test('the largest list of parts fits the body that Complete accepts', () => {
  const part = '<Part><PartNumber>10000</PartNumber><ETag>&quot;</ETag></Part>'.length + 32 + 6
  expect(limits.MAX_PARTS * part).toBeLessThan(limits.MAX_COMPLETE_BODY)
})
