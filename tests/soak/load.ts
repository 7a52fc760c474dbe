/** Clients that do a bit of everything to a bounded number of keys, and leave things behind. */

import { setTimeout as after } from 'node:timers/promises'
import { etagOf, type OssWire, type WireAnswer } from '../support/oss-wire.ts'
import type { Random } from '../support/random.ts'

export const BUCKET = 'soak'
const KEYS = 24
const PART = 102_400
/** Milliseconds between two steps of a client: the soak is long, not hard. */
const PAUSE = 20

export interface Load {
  requests: number
  /** Requests without an answer, because of a kill. */
  lost: number
  /** Answers that nobody should get. */
  readonly wrong: string[]
}

export interface LoadOptions {
  readonly load: Load
  readonly random: Random
  /** A server that is there now. */
  readonly wire: () => OssWire
  readonly pool: Uint8Array
}

/** Works until `signal`; never rejects. */
export async function workOn(options: LoadOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await step(options)
    } catch {
      options.load.lost += 1
    }
    await after(PAUSE)
  }
}

async function step(options: LoadOptions): Promise<void> {
  const { random } = options
  const key = `key ${random.between(1, KEYS)}`
  const draw = random.next()
  if (draw < 0.25) await upload(options, key)
  else if (draw < 0.45) await expectOneOf(options, [200], 'PUT', key, { body: bytesFor(options) })
  else if (draw < 0.85) await read(options, key)
  else if (draw < 0.95) await expectOneOf(options, [204], 'DELETE', key)
  else await expectOneOf(options, [200], 'GET', undefined)
}

/** Some are completed, some aborted, and some left for the lifecycle. */
async function upload(options: LoadOptions, key: string): Promise<void> {
  const { random, wire } = options
  const server = wire()
  options.load.requests += 1
  const uploadId = await server.initiate(BUCKET, key)
  const etags = new Map<number, string>()
  for (let count = random.between(1, 6); count > 0; count -= 1) {
    const partNumber = random.between(1, 3)
    const body = bytesFor(options, PART)
    const query = { uploadId, partNumber: String(partNumber) }
    await expectOneOf(options, [200], 'PUT', key, { query, body })
    etags.set(partNumber, etagOf(body))
  }
  const draw = random.next()
  if (draw < 0.6) {
    const parts = [...etags].sort(([left], [right]) => left - right)
    const { status } = await server.complete(BUCKET, key, uploadId, parts)
    if (status !== 200) options.load.wrong.push(`Complete answered ${status}`)
  } else if (draw < 0.8) {
    await expectOneOf(options, [204], 'DELETE', key, { query: { uploadId } })
  }
}

async function read(options: LoadOptions, key: string): Promise<void> {
  const { bytes, status, headers } = await expectOneOf(options, [200, 404], 'GET', key)
  if (status === 404 || String(headers.etag).includes('-')) return
  if (headers.etag !== `"${etagOf(bytes)}"`) options.load.wrong.push(`${key} was read in part`)
}

async function expectOneOf(
  { load, wire }: LoadOptions,
  statuses: readonly number[],
  method: string,
  key: string | undefined,
  more: { readonly query?: Record<string, string>; readonly body?: Uint8Array } = {},
): Promise<WireAnswer> {
  load.requests += 1
  const place = key === undefined ? { bucket: BUCKET } : { bucket: BUCKET, key }
  const answer = await wire().send(method, { ...place, ...more })
  if (!statuses.includes(answer.status)) {
    load.wrong.push(`${method} ${key} answered ${answer.status} ${answer.code}`)
  }
  return answer
}

function bytesFor({ random, pool }: LoadOptions, size = random.between(1, 200_000)): Uint8Array {
  const start = random.between(0, pool.length - size)
  return pool.subarray(start, start + size)
}
