/**
 * For each scheme: a request that was changed in anything that is signed is refused, and one that is
 * only written in another way is served. 2,000 changed requests of each scheme in a test run, 100,000
 * under `npm run fuzz`, over a real socket.
 */

import { Agent } from 'node:http'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { temporary } from '../access/people.ts'
import { startTestService } from '../operations/service.ts'
import { elementOf } from '../support/oss-wire.ts'
import { until } from '../support/until.ts'
import { type Choice, forgeries, OTHER_BUCKET, OTHER_KEY_ID, rewritings } from './mutations.ts'
import {
  type PlainRequest,
  type Scheme,
  type SignedRequest,
  schemes,
  send,
  sign,
} from './signed-request.ts'

const fuzzing = process.env.LADING_FUZZ_RUNS !== undefined
const MUTATIONS = fuzzing ? 100_000 : 2_000

/** Requests that are on their way at once. */
const BATCH = 20

const now = new Date('2026-11-22T10:00:00Z')
const signer = { accessKeyId: 'signing-key-id', accessKeySecret: 'the secret that signs' }
const other = { accessKeyId: OTHER_KEY_ID, accessKeySecret: 'the secret of another key' }
/** Requests in the log, and those among them that were taken for somebody's. */
const logged = { all: 0, proved: 0 }
const log = {
  write(line: string) {
    logged.all += 1
    if (line.includes('"accessKeyId"')) logged.proved += 1
  },
}
const service = await startTestService({ credentials: [signer, other], now: () => now, log })
/** A pair of the server's, and one that STS gave for it. */
const signers = {
  '': signer,
  ' with a token of STS': await temporary(service, signer, { now }),
}
type Signer = keyof typeof signers
const cases = schemes.flatMap((scheme) =>
  (Object.keys(signers) as Signer[]).map((by) => [scheme, by] as const),
)
const agent = new Agent({ keepAlive: true, maxSockets: BATCH })
afterAll(() => agent.destroy())
const line = { port: service.server.port, agent }

const bucket = await service.makeBucket({ name: 'signed-bucket' })
await service.makeBucket({ name: OTHER_BUCKET })
const key = 'a b/ü+%2F~?x=1.txt'
for (const name of [bucket, OTHER_BUCKET]) {
  await service.call({ method: 'PUT', bucket: name, key, body: 'bytes' })
}
const initiated = await service.call({ method: 'POST', bucket, key, query: { uploads: '' } })
const uploadId = elementOf(initiated.text, 'UploadId') ?? ''

const agentHeader = ['user-agent', 'mutations'] as const
const plain: readonly PlainRequest[] = [
  { method: 'GET', bucket, key, headers: [agentHeader] },
  {
    method: 'GET',
    bucket,
    key,
    query: [
      ['response-content-type', 'text/html; charset=utf-8'],
      ['response-expires', 'a&b=c d+e/ü'],
    ],
    headers: [agentHeader, ['x-oss-range-behavior', 'standard']],
  },
  {
    method: 'PUT',
    bucket,
    key,
    headers: [
      agentHeader,
      ['content-type', 'text/plain'],
      ['content-md5', 'SzpiGLs+OnMD6KFxpg/Pkg=='],
      ['x-oss-meta-author', 'alice'],
      ['x-oss-meta-b', ''],
    ],
    body: 'bytes',
  },
  {
    method: 'PUT',
    bucket,
    key,
    query: [
      ['partNumber', '7'],
      ['uploadId', uploadId],
    ],
    headers: [agentHeader],
    body: 'a part',
  },
  {
    method: 'GET',
    bucket,
    query: [
      ['list-type', '2'],
      ['prefix', 'a b/'],
      ['max-keys', '10'],
    ],
    headers: [agentHeader],
  },
  { method: 'GET', bucket, query: [['acl', '']], headers: [agentHeader] },
  { method: 'GET', query: [['max-keys', '1']], headers: [agentHeader] },
]

interface Trial extends Choice {
  readonly base: number
  readonly mutation: string
}

const trialOf = (mutations: object): fc.Arbitrary<Trial> =>
  fc.record({
    base: fc.nat(plain.length - 1),
    mutation: fc.constantFrom(...Object.keys(mutations)),
    at: fc.nat(),
    text: fc.oneof(
      fc.constantFrom('', '/', '?', '%', '&', '=', '+', ' ', '\n', 'ü', '測', '0'),
      fc.string({ unit: 'binary', maxLength: 6 }).filter((text) => !text.includes('\0')),
    ),
  })

/** Every mutation of the batch that can be made, sent; the statuses beside what was expected. */
async function meet(
  [scheme, by]: readonly [Scheme, Signer],
  mutations: typeof forgeries,
  trials: readonly Trial[],
  expected: (status: number) => boolean,
): Promise<number> {
  const mutated = trials.flatMap((trial) => {
    const request = mutations[trial.mutation]?.(signedOf(scheme, by, trial.base), trial, scheme)
    return request === undefined ? [] : [{ trial, request }]
  })
  await Promise.all(
    mutated.map(async ({ trial, request }) => {
      const status = await send(line, request)
      if (!expected(status)) {
        throw new Error(`${trial.mutation}: ${status} for ${JSON.stringify(request)}`)
      }
    }),
  )
  return mutated.length
}

const signedRequests = new Map<string, SignedRequest>()

/** The clock stands still here, so that each is signed once. */
function signedOf(scheme: Scheme, by: Signer, base: number): SignedRequest {
  const name = `${scheme}${by} ${base}`
  const known = signedRequests.get(name)
  if (known) return known
  const request = plain[base]
  if (!request) throw new RangeError('There is no such request.')
  const signed = sign(scheme, request, signers[by], now)
  signedRequests.set(name, signed)
  return signed
}

/** Sends batches until `wanted` requests were sent, and says how many; a failure names its seed. */
async function meetMany(
  signed: readonly [Scheme, Signer],
  mutations: typeof forgeries,
  expected: (status: number) => boolean,
  wanted: number = MUTATIONS,
): Promise<number> {
  let sent = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(trialOf(mutations), { minLength: BATCH, maxLength: BATCH }),
      async (trials) => {
        if (sent >= wanted) return
        sent += await meet(signed, mutations, trials, expected)
      },
    ),
    { numRuns: (2 * wanted) / BATCH, interruptAfterTimeLimit: 3_600_000 },
  )
  expect(sent).toBeGreaterThanOrEqual(wanted)
  return sent
}

it.each(cases)('%s%s: what is signed is served as it is', async (scheme, by) => {
  for (const base of plain.keys()) {
    expect([base, await send(line, signedOf(scheme, by, base))]).toEqual([base, 200])
  }
})

it.each(cases)('%s%s: whatever changes what was signed is refused', async (...signed) => {
  const before = { ...logged }
  const sent = await meetMany(signed, forgeries, (status) => status === 403 || status === 400)
  // A refusal could also come of something else, after the request was taken for the signer's.
  await until(() => logged.all >= before.all + sent)
  expect(logged.proved).toBe(before.proved)
})

it.each(cases)('%s%s: another order, case or encoding of it is served', async (...signed) => {
  await meetMany(signed, rewritings, (status) => status === 200, MUTATIONS / 10)
})

it.each(cases)('%s%s: each way to change a request is met', (scheme, by) => {
  for (const mutations of [forgeries, rewritings]) {
    for (const mutation of Object.keys(mutations)) {
      const made = plain.map((_, base) =>
        mutations[mutation]?.(signedOf(scheme, by, base), { at: 7, text: 'x' }, scheme),
      )
      const none = scheme.startsWith('V1') && mutation === 'another scope'
      expect([mutation, made.some((request) => request !== undefined)]).toEqual([mutation, !none])
    }
  }
})
