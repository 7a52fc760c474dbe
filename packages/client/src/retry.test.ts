import { OssError, parseHttpDate } from '@lading/protocol'
import { describe, expect, test } from 'vitest'
import { IntegrityError, TransportError } from './errors.ts'
import { type Attempt, backoff, isTransient, parseRetryAfter, withRetry } from './retry.ts'

const settings = { retries: 3, baseDelayMs: 200, maxDelayMs: 20_000 }

describe('what is tried again', () => {
  test.each([
    [new TransportError('cut')],
    [new IntegrityError('part', 'damaged')],
    [new OssError('InvalidDigest')],
    [new OssError('InternalError')],
    [new OssError('Whatever', { status: 429, message: 'slow down' })],
  ])('%s', (error) => {
    expect(isTransient(error)).toBe(true)
  })

  test.each([
    [new IntegrityError('object', 'damaged')],
    [new IntegrityError('source', 'changed')],
    [new OssError('NoSuchUpload')],
    [new TypeError('misuse')],
    [undefined],
  ])('not %s', (error) => {
    expect(isTransient(error)).toBe(false)
  })
})

test('waits are anything from nothing to a bound that doubles, up to the longest', () => {
  const bounds = [1, 2, 3, 10].map((retry) => backoff(retry, settings, 1))
  expect(bounds).toEqual([200, 400, 800, 20_000])
  expect(backoff(3, settings, 0)).toBe(0)
  expect(backoff(3, settings, 0.5)).toBe(400)
})

test('the service may ask for a longer wait, but not for any', () => {
  expect(backoff(1, settings, 0, 5000)).toBe(5000)
  expect(backoff(1, settings, 0, 3_600_000)).toBe(60_000)
})

test.each([
  ['7', 7000],
  ['Wed, 28 Dec 2022 10:27:41 GMT', 11_000],
  ['Wed, 28 Dec 2022 10:27:00 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After: %s', (text, expected) => {
  const now = Date.UTC(2022, 11, 28, 10, 27, 30)
  expect(parseRetryAfter(text, parseHttpDate, now)).toBe(expected)
})

/** Runs attempts that fail as given and then succeed; resolves with the waits in between. */
async function waits(failures: readonly Attempt<string>[], retries = 3): Promise<number[]> {
  const waited: number[] = []
  let attempts = 0
  await withRetry(
    async () => {
      attempts += 1
      return failures[attempts - 1] ?? { value: 'done' }
    },
    {
      operation: 'Test',
      settings: { ...settings, retries },
      signal: undefined,
      random: () => 1,
      wait: async (ms) => void waited.push(ms),
    },
  )
  return waited
}

const cut: Attempt<string> = { failure: { error: new TransportError('cut') } }

test('attempts go on until one succeeds', async () => {
  expect(await waits([cut, cut, cut])).toEqual([200, 400, 800])
})

test('the last error is thrown when the retries are used up', async () => {
  await expect(waits([cut, cut], 1)).rejects.toThrow('cut')
})

test('a cured failure is repeated at once, whatever it was', async () => {
  const cured = { failure: { error: new OssError('InvalidAccessKeyId'), cured: true } }
  expect(await waits([cured])).toEqual([])
})

test('an abort while waiting ends it with the reason', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const result = withRetry(async () => cut, {
    operation: 'Test',
    settings: { ...settings, baseDelayMs: 600_000, maxDelayMs: 600_000 },
    signal: controller.signal,
    random: () => 1,
    onRetry: () => queueMicrotask(() => controller.abort(reason)),
  })
  await expect(result).rejects.toBe(reason)
})
