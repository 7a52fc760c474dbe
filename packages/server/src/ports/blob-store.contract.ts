/** What every blob driver does, as tests. A driver runs them by calling `describeBlobStore`. */

import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  BlobDamagedError,
  type BlobId,
  BlobNotFoundError,
  type BlobStore,
  type ByteRange,
} from './blob-store.ts'

export interface OpenBlobStore {
  readonly blobs: BlobStore
  /** Frees what the driver took; the store itself may be closed already. */
  readonly close: () => Promise<void>
}

const soon = (): Date => new Date(Date.now() + 60_000)

export function describeBlobStore(name: string, open: () => Promise<OpenBlobStore>): void {
  async function opened(): Promise<BlobStore> {
    const { blobs, close } = await open()
    onTestFinished(close)
    return blobs
  }

  describe(`blob store: ${name}`, () => {
    test('what is written is read back, however it was cut into chunks', async () => {
      const blobs = await opened()
      const sizes = fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 6 })
      await fc.assert(
        fc.asyncProperty(sizes, fc.integer(), async (chunkSizes, seed) => {
          const chunks = chunkSizes.map((size, at) => pattern(size, seed + at))
          const whole = concatenate(chunks)
          const blob = await blobs.write(from(chunks))
          expect(blob.size).toBe(whole.length)
          expect(blob.id).toMatch(/^[0-9a-f]{32}$/)
          const back = await readAll(blobs, blob.id, { offset: 0, length: whole.length })
          expect(same(back, whole)).toBe(true)
        }),
        { numRuns: 20 },
      )
    })

    test('a blob is found with its size, until it is deleted', async () => {
      const blobs = await opened()
      for (const size of [0, 1, 300_000]) {
        const { id } = await blobs.write(from([pattern(size, 1)]))
        expect(await blobs.find(id)).toEqual({ id, size })
        await blobs.delete(id)
        expect(await blobs.find(id)).toBeUndefined()
      }
    })

    test('bytes may be made of the id of their blob', async () => {
      const blobs = await opened()
      const ofItsId = (id: BlobId): AsyncIterable<Uint8Array> => from([Buffer.from(id)])
      const { id, size } = await blobs.write(ofItsId)
      expect(size).toBe(32)
      const back = await readAll(blobs, id, { offset: 0, length: size })
      expect(Buffer.from(back).toString()).toBe(id)
    })

    test('a range of a blob is exactly its bytes', async () => {
      const blobs = await opened()
      const whole = pattern(700_001, 7)
      const { id } = await blobs.write(from([whole]))
      for (const [offset, length] of [
        [0, 1],
        [0, 0],
        [262_143, 2],
        [262_144, 262_144],
        [1, 700_000],
        [700_000, 1],
        [700_001, 0],
      ] as const) {
        const back = await readAll(blobs, id, { offset, length })
        expect(same(back, whole.slice(offset, offset + length))).toBe(true)
      }
    })

    test('a blob may be empty', async () => {
      const blobs = await opened()
      const { id, size } = await blobs.write(from([]))
      expect(size).toBe(0)
      expect(await readAll(blobs, id, { offset: 0, length: 0 })).toHaveLength(0)
      expect(await ids(blobs, soon())).toEqual([id])
    })

    test.each([
      ['array', new Uint8Array(50_000)],
      ['Buffer', Buffer.alloc(50_000)],
    ])('a producer may use one %s for all of its chunks', async (_, chunk) => {
      const blobs = await opened()
      async function* reusing(): AsyncIterable<Uint8Array> {
        for (let n = 0; n < 12; n++) yield chunk.fill(n)
        chunk.fill(255)
      }
      const { id } = await blobs.write(reusing())
      const back = await readAll(blobs, id, { offset: 0, length: 600_000 })
      expect(back.every((byte, at) => byte === Math.floor(at / 50_000))).toBe(true)
    })

    test('blobs written at the same time keep their own bytes and ids', async () => {
      const blobs = await opened()
      const all = Array.from({ length: 40 }, (_, n) => pattern(1_000 * n, n))
      const refs = await Promise.all(all.map((bytes) => blobs.write(from(halves(bytes)))))
      expect(new Set(refs.map(({ id }) => id)).size).toBe(40)
      for (const [n, { id, size }] of refs.entries()) {
        const back = await readAll(blobs, id, { offset: 0, length: size })
        expect(same(back, all[n] ?? new Uint8Array())).toBe(true)
      }
    })

    test.each([0, 1, 5, 20])('a producer that throws after %i chunks leaves no blob', async (n) => {
      const blobs = await opened()
      const reason = new Error('the client went away')
      async function* failing(): AsyncIterable<Uint8Array> {
        for (let sent = 0; sent < n; sent++) yield pattern(100_000, sent)
        throw reason
      }
      await expect(blobs.write(failing())).rejects.toBe(reason)
      expect(await ids(blobs, soon())).toEqual([])
    })

    test('a signal that aborted before asks the producer for nothing', async () => {
      const blobs = await opened()
      let asked = false
      async function* watched(): AsyncIterable<Uint8Array> {
        asked = true
        yield pattern(1, 1)
      }
      const signal = AbortSignal.abort(new Error('too late'))
      await expect(blobs.write(watched(), { signal })).rejects.toThrow('too late')
      expect(asked).toBe(false)
      expect(await ids(blobs, soon())).toEqual([])
    })

    test('a signal ends a write whose producer never answers', async () => {
      const blobs = await opened()
      const controller = new AbortController()
      const reason = new Error('given up')
      async function* stalled(): AsyncIterable<Uint8Array> {
        yield pattern(300_000, 1)
        queueMicrotask(() => controller.abort(reason))
        await new Promise(() => {})
      }
      const written = blobs.write(stalled(), { signal: controller.signal })
      await expect(written).rejects.toBe(reason)
      expect(await ids(blobs, soon())).toEqual([])
    })

    test('a signal that aborts with the last chunk leaves no blob, and the producer is told', async () => {
      const blobs = await opened()
      const controller = new AbortController()
      let told = false
      async function* last(): AsyncIterable<Uint8Array> {
        try {
          controller.abort(new Error('stop'))
          yield pattern(10, 1)
        } finally {
          told = true
        }
      }
      await expect(blobs.write(last(), { signal: controller.signal })).rejects.toThrow('stop')
      expect(await ids(blobs, soon())).toEqual([])
      expect(told).toBe(true)
    })

    test('a signal that never aborts changes nothing', async () => {
      const blobs = await opened()
      const { signal } = new AbortController()
      const { id } = await blobs.write(from([pattern(10, 1), pattern(10, 2)]), { signal })
      expect(await readAll(blobs, id, { offset: 0, length: 20 })).toHaveLength(20)
    })

    test('a blob that never was cannot be read', async () => {
      const blobs = await opened()
      const id = '0123456789abcdef0123456789abcdef' as BlobId
      const reading = readAll(blobs, id, { offset: 0, length: 0 })
      await expect(reading).rejects.toBeInstanceOf(BlobNotFoundError)
    })

    test('a range past the end of a blob is damage, not fewer bytes', async () => {
      const blobs = await opened()
      const { id } = await blobs.write(from([pattern(100, 1)]))
      const reading = readAll(blobs, id, { offset: 50, length: 51 })
      await expect(reading).rejects.toBeInstanceOf(BlobDamagedError)
    })

    test('a deleted blob is gone, again and again, and no other is', async () => {
      const blobs = await opened()
      const gone = await blobs.write(from([pattern(100, 1)]))
      const kept = await blobs.write(from([pattern(100, 2)]))
      await blobs.delete(gone.id)
      await blobs.delete(gone.id)
      const reading = readAll(blobs, gone.id, { offset: 0, length: 100 })
      await expect(reading).rejects.toBeInstanceOf(BlobNotFoundError)
      expect(await ids(blobs, soon())).toEqual([kept.id])
    })

    test('a reader may leave in the middle', async () => {
      const blobs = await opened()
      const { id } = await blobs.write(from([pattern(900_000, 1)]))
      for await (const chunk of blobs.read(id, { offset: 0, length: 900_000 })) {
        expect(chunk.length).toBeGreaterThan(0)
        break
      }
      await blobs.delete(id)
      expect(await ids(blobs, soon())).toEqual([])
    })

    test('lists what was last written before a moment, and nothing later', async () => {
      const blobs = await opened()
      const refs = await Promise.all([1, 2, 3].map((n) => blobs.write(from([pattern(n, n)]))))
      expect(await ids(blobs, soon())).toEqual(refs.map(({ id }) => id).sort())
      expect(await ids(blobs, new Date(0))).toEqual([])
      for await (const { writtenAt } of blobs.list({ before: soon() })) {
        expect(Math.abs(Date.now() - writtenAt.getTime())).toBeLessThan(60_000)
      }
    })

    test('closing waits for what is being written', async () => {
      const blobs = await opened()
      const order: string[] = []
      let release = (): void => {}
      const gate = new Promise<void>((resolve) => {
        release = resolve
      })
      async function* slow(): AsyncIterable<Uint8Array> {
        yield pattern(10, 1)
        await gate
        yield pattern(10, 2)
      }
      const written = blobs.write(slow()).then(() => order.push('written'))
      const closed = blobs.close().then(() => order.push('closed'))
      release()
      await Promise.all([written, closed])
      expect(order).toEqual(['written', 'closed'])
    })
  })
}

/** Bytes that differ by position and by seed. */
export function pattern(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let state = (seed * 2_654_435_761 + 1) >>> 0
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

export async function* from(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks
}

export async function readAll(blobs: BlobStore, id: BlobId, range: ByteRange): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of blobs.read(id, range)) chunks.push(new Uint8Array(chunk))
  return concatenate(chunks)
}

/** Compared as one value: element by element is slow for long arrays. */
export function same(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks))
}

function halves(bytes: Uint8Array): Uint8Array[] {
  return [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)]
}

async function ids(blobs: BlobStore, before: Date): Promise<BlobId[]> {
  const found: BlobId[] = []
  for await (const { id } of blobs.list({ before })) found.push(id)
  return found.sort()
}
