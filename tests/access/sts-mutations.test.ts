/**
 * Whatever is changed of a signed AssumeRole, or of a token, is refused; only the order of parameters is
 * nobody's. 2,000 of each in a test run, 100,000 under `npm run fuzz`, over a real socket.
 */

import { encodeStrict, type QueryEntry, signRpc } from '@lading/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { startTestService } from '../operations/service.ts'
import { policyText, root, temporary } from './people.ts'

const fuzzing = process.env.LADING_FUZZ_RUNS !== undefined
const WANTED = fuzzing ? 100_000 : 2_000
/** Requests that are on their way at once. */
const BATCH = 20

const now = new Date('2026-11-22T10:00:00Z')
const service = await startTestService({ credentials: [root], now: () => now })
const bucket = await service.makeBucket()
await service.call({ method: 'PUT', bucket, key: 'a', body: 'x' })

const signed = signRpc(
  'POST',
  [
    ['Action', 'AssumeRole'],
    ['Version', '2015-04-01'],
    ['Format', 'JSON'],
    ['RoleArn', 'acs:ram::1234:role/dev'],
    ['RoleSessionName', 'app'],
    ['DurationSeconds', '900'],
    ['Policy', policyText({ Action: 'oss:GetObject' })],
  ],
  root,
  { now, nonce: 'once' },
)

async function assume(entries: readonly QueryEntry[], method = 'POST'): Promise<number> {
  const text = entries.map(([name, value]) => `${encodeStrict(name)}=${encodeStrict(value)}`)
  const answer = await service.call(
    method === 'POST'
      ? {
          method,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: text.join('&'),
          as: 'anonymous',
        }
      : { method, query: Object.fromEntries(entries), as: 'anonymous' },
  )
  return answer.status
}

const place = fc.nat(signed.length - 1)
const text = fc.stringMatching(/^[A-Za-z0-9 "{}*:/+=-]{1,8}$/)

/** A change of one parameter, or of how many there are; those that change nothing are left out. */
const forged: fc.Arbitrary<readonly QueryEntry[]> = fc
  .oneof(
    fc.tuple(place, fc.nat(40), text).map(([at, cut, more]) =>
      signed.map(([name, value], index): QueryEntry => {
        if (index !== at) return [name, value]
        const end = Math.min(cut, value.length)
        return [name, value.slice(0, end) + more + value.slice(end)]
      }),
    ),
    place.map((at) => signed.filter((_, index) => index !== at)),
    fc
      .tuple(place, text)
      .map(([at, more]) =>
        signed.map(
          ([name, value], index): QueryEntry => [index === at ? name + more : name, value],
        ),
      ),
    fc.tuple(text, text).map(([name, value]): QueryEntry[] => [...signed, [name, value]]),
    fc
      .tuple(place, text)
      .map(([at, value]): QueryEntry[] => [...signed, [signed[at]?.[0] ?? '', value]]),
  )
  .filter((entries) => JSON.stringify(entries) !== JSON.stringify(signed))

async function meetMany<T>(
  one: fc.Arbitrary<T>,
  ask: (one: T) => Promise<number>,
  fits: (status: number) => boolean,
  wanted = WANTED,
): Promise<void> {
  const batch = fc.array(one, { minLength: BATCH, maxLength: BATCH })
  let met = 0
  await fc.assert(
    fc.asyncProperty(batch, async (all) => {
      met += all.length
      const statuses = await Promise.all(all.map((each) => ask(each)))
      expect(statuses.filter((status) => !fits(status))).toEqual([])
    }),
    { numRuns: wanted / BATCH, interruptAfterTimeLimit: 3_600_000 },
  )
  expect(met).toBeGreaterThanOrEqual(wanted)
}

const isRefusal = (status: number): boolean => status >= 400 && status < 500

it('AssumeRole as it was signed gives a key, in whatever order it comes', async () => {
  expect(await assume(signed)).toBe(200)
  const orders = fc.shuffledSubarray([...signed], { minLength: signed.length })
  await meetMany(orders, assume, (status) => status === 200, WANTED / 10)
})

it('AssumeRole with anything changed of what was signed is refused', async () => {
  await meetMany(forged, assume, isRefusal)
  expect(await assume(signed, 'GET')).toBe(400)
})

it('a token with anything changed is refused, though the request is signed with it', async () => {
  const key = await temporary(service, root, { now })
  const other = await temporary(service, root, { now })
  const token = key.securityToken
  const ask = async (securityToken: string): Promise<number> => {
    const as = { ...key, securityToken }
    return (await service.call({ method: 'GET', bucket, key: 'a', as })).status
  }
  expect(await ask(token)).toBe(200)
  const at = fc.nat(token.length - 1)
  const letter = fc.constantFrom(...'ABCXYZabcxyz0189+/=')
  const changed = fc
    .oneof(
      fc.tuple(at, letter).map(([i, to]) => token.slice(0, i) + to + token.slice(i + 1)),
      fc.tuple(at, letter).map(([i, more]) => token.slice(0, i) + more + token.slice(i)),
      at.map((length) => token.slice(0, length)),
      at.map((i) => token.slice(0, i) + other.securityToken.slice(i)),
    )
    .filter((text) => text !== token)
  await meetMany(changed, ask, (status) => status === 403)
})
