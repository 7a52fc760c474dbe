/** Makes requests as fast as they are answered, with as little work of its own as can be. */

import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { completeBody, OssWire } from '../../tests/support/oss-wire.ts'
import { answerAsks } from './answer-asks.ts'

export interface Load {
  readonly port: number
  /** Whether requests are signed. Default true: the service asks for it, the others do not. */
  readonly signed?: boolean
}

export interface UploadsLoad extends Load {
  /** At the same time, each on a connection of its own. */
  readonly uploads: number
  /** Bytes of all of them. */
  readonly bytes: number
  readonly partSize: number
}

export interface PartsLoad extends Load {
  readonly clients: number
  /** Bytes. */
  readonly partSize: number
  /** How long to go on. */
  readonly ms: number
}

export interface Rate {
  readonly perSecond: number
  /** Milliseconds of each request. */
  readonly latencies: readonly number[]
}

const bucket = 'bench'
const credentials = { accessKeyId: 'bench', accessKeySecret: 'bench-secret' }

answerAsks({
  /** Uploads of many bytes; resolves with the milliseconds it took. */
  uploads: async ({ port, signed, uploads, bytes, partSize }: UploadsLoad): Promise<number> => {
    const wire = connect(port, uploads, signed)
    const part = Buffer.alloc(partSize, 7)
    const count = Math.ceil(bytes / uploads / partSize)
    const began = performance.now()
    await Promise.all(
      Array.from({ length: uploads }, async (_, at) => {
        const key = `load-${at}`
        const uploadId = await wire.initiate(bucket, key)
        for (let number = 1; number <= count; number += 1) {
          requireOk(await wire.uploadPart(bucket, key, uploadId, number, part))
        }
        if (signed !== false) requireOk(await wire.abort(bucket, key, uploadId))
      }),
    )
    wire.close()
    return performance.now() - began
  },

  /** Small parts, one after the other on each connection, for a while. */
  parts: async ({ port, clients, partSize, ms }: PartsLoad): Promise<Rate> => {
    const wire = connect(port, clients)
    const uploadId = await wire.initiate(bucket, 'parts')
    const part = Buffer.alloc(partSize, 7)
    let next = 0
    const rate = await repeat(clients, ms, async () => {
      next = (next % 10_000) + 1
      requireOk(await wire.uploadPart(bucket, 'parts', uploadId, next, part))
    })
    requireOk(await wire.abort(bucket, 'parts', uploadId))
    wire.close()
    return rate
  },

  /** Small objects put, or read back. */
  objects: async ({
    port,
    clients,
    partSize,
    ms,
    read,
  }: PartsLoad & { readonly read: boolean }): Promise<Rate> => {
    const wire = connect(port, clients)
    const body = Buffer.alloc(partSize, 7)
    let next = 0
    const rate = await repeat(clients, ms, async () => {
      next = (next % 1000) + 1
      const key = `small/${partSize}/${next}`
      const answer = read
        ? await wire.send('GET', { bucket, key })
        : await wire.send('PUT', { bucket, key, body })
      // Fewer may have been put than are read.
      if (!read || answer.status !== 404) requireOk(answer)
    })
    wire.close()
    return rate
  },

  /** One upload after the other is initiated; resolves with their ids. */
  initiate: async ({ port, count, prefix }: Load & { count: number; prefix: string }) => {
    const wire = connect(port, 1)
    const latencies: number[] = []
    const ids: string[] = []
    for (let at = 0; at < count; at += 1) {
      const began = performance.now()
      ids.push(await wire.initiate(bucket, `${prefix}${at}`))
      latencies.push(performance.now() - began)
    }
    wire.close()
    return { latencies, ids }
  },

  /** An upload with so many parts of 100 KiB. */
  fill: async ({ port, key, count }: Load & { key: string; count: number }): Promise<string> => {
    const wire = connect(port, 16)
    const uploadId = await wire.initiate(bucket, key)
    const part = Buffer.alloc(PART, 7)
    let next = 1
    const send = async (): Promise<void> => {
      while (next <= count) requireOk(await wire.uploadPart(bucket, key, uploadId, next++, part))
    }
    await Promise.all(Array.from({ length: 16 }, send))
    wire.close()
    return uploadId
  },

  complete: async ({ port, key, uploadId, count }: Load & Filled): Promise<number> => {
    const wire = connect(port, 1)
    const etag = createHash('md5').update(Buffer.alloc(PART, 7)).digest('hex').toUpperCase()
    const listed = Array.from({ length: count }, (_, at): [number, string] => [at + 1, etag])
    // The connection stands before the clock runs.
    await wire.send('HEAD', { bucket, key: 'none' })
    const body = completeBody(listed)
    const began = performance.now()
    requireOk(await wire.send('POST', { bucket, key, query: { uploadId }, body }))
    const took = performance.now() - began
    wire.close()
    return took
  },

  pages: async ({ port, count, key, query, of }: Load & Pages): Promise<readonly number[]> => {
    const wire = connect(port, 1)
    const asked = { bucket: of ?? bucket, ...(key && { key }), query }
    const latencies: number[] = []
    for (let at = 0; at < count; at += 1) {
      const began = performance.now()
      requireOk(await wire.send('GET', asked))
      latencies.push(performance.now() - began)
    }
    wire.close()
    return latencies
  },

  /** Parts that trickle in, all at once and none before all have begun. */
  slow: async ({ port, clients, pieces }: Load & { clients: number; pieces: number }) => {
    const wire = connect(port, clients)
    const piece = Buffer.alloc(64 * 1024, 3)
    const uploadId = await wire.initiate(bucket, 'slow')
    let begun = 0
    async function* trickle(): AsyncGenerator<Uint8Array> {
      begun += 1
      for (let sent = 0; sent < pieces; sent += 1) {
        yield piece
        do await wait(200)
        while (begun < clients)
      }
    }
    const sending = Array.from({ length: clients }, async (_, at) =>
      requireOk(
        await wire.uploadPart(bucket, 'slow', uploadId, at + 1, trickle(), {
          contentLength: pieces * piece.length,
        }),
      ),
    )
    await Promise.all(sending)
    wire.close()
  },
})

/** Bytes: the least a part may have. */
const PART = 100 * 1024

interface Filled {
  readonly key: string
  readonly uploadId: string
  readonly count: number
}

interface Pages {
  readonly count: number
  readonly key?: string
  /** The bucket, if another one. */
  readonly of?: string
  readonly query: Readonly<Record<string, string>>
}

function connect(port: number, maxSockets: number, signed = true): OssWire {
  return new OssWire({ port, credentials, maxSockets, signature: signed ? 'v4' : 'none' })
}

async function repeat(clients: number, ms: number, work: () => Promise<void>): Promise<Rate> {
  const latencies: number[] = []
  const began = performance.now()
  const loop = async (): Promise<void> => {
    for (let now = performance.now(); now - began < ms; ) {
      await work()
      const then = performance.now()
      latencies.push(then - now)
      now = then
    }
  }
  await Promise.all(Array.from({ length: clients }, loop))
  return { perSecond: (latencies.length * 1000) / (performance.now() - began), latencies }
}

function requireOk(answer: { readonly status: number; readonly text: string }): void {
  if (answer.status < 200 || answer.status > 299) {
    throw new Error(`The answer was ${answer.status}: ${answer.text}`)
  }
}
