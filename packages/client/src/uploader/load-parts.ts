/** Parts made ready to be sent: read, within a bound of memory, and their sums taken. */

import { MAX_PARTS, type MakeHasher, type PartHasher, type Sums } from '@lading/protocol'
import { leave, withSignal } from '../abort.ts'
import { blobBody, bytesBody, type ReplayableBody } from '../body.ts'
import { sumsOf } from '../operations/prove.ts'
import type { Allowance } from './for-each-concurrent.ts'
import { planParts, streamPartSize } from './plan-parts.ts'
import type { RangeSource, StreamSource } from './source.ts'

const MiB = 1024 * 1024

/** Bytes of parts that an upload holds in memory at the same time. */
export const MEMORY_PER_UPLOAD: number = 1024 * MiB
/**
 * Bytes. Longer parts of a file are not kept, nor those for which there is no memory: they are read
 * twice, to be hashed and to be sent.
 */
export const MAX_BUFFERED_PART: number = 64 * MiB
/** Bytes read, hashed or sent in one step where a part is not kept. */
const STEP = 256 * 1024
/** The same where there is no memory for it: then least of all for large pieces. */
const SMALL_STEP = 64 * 1024

export interface LoadedPart {
  readonly partNumber: number
  readonly size: number
  readonly body: ReplayableBody
  /** `undefined` where there was no hasher for the part. */
  readonly sums: Sums | undefined
  /** To be called when it is being sent: parts that come after it are hashed as it is needed. */
  onItsWay?(): void
  /** Gives the part's memory back. The body must not be read afterwards. */
  release(): void
}

/** A part that has its turn; `load` may run while other parts do. */
export interface PartToLoad {
  /** Where it fails the upload does, and its memory with it: nothing is given back. */
  load(signal: AbortSignal): Promise<LoadedPart>
}

export interface Loading {
  /** What takes the sums of a part; `undefined`: nothing does. */
  hasherOf(partNumber: number): MakeHasher | undefined
  readonly memory: Allowance
  /** What takes them beside the event loop, of parts that can be read at any place; where there is one. */
  readonly aside?: HashedAside | undefined
  /** What takes them of blobs, in another thread; where it cannot, this one does. */
  readonly sumsOfBlob?: ((blob: Blob) => Promise<Sums>) | undefined
}

export interface HashedAside {
  readonly hasher: PartHasher
  /** Whether the CRC-64 is taken as well. */
  readonly crc64: () => boolean
}

export function* rangeParts(
  source: RangeSource,
  partSize: number,
  loading: Loading,
): Generator<PartToLoad, void, void> {
  const buffers = new Buffers(loading.memory, loading.aside?.hasher)
  const isKept = partSize <= MAX_BUFFERED_PART
  for (const { partNumber, offset, size } of planParts(source.size, partSize)) {
    yield {
      async load(signal) {
        const makeHasher = loading.hasherOf(partNumber)
        if (source.slice) {
          const slice = source.slice(offset, size)
          const body = blobBody(slice)
          const here = (): Promise<Sums | undefined> =>
            makeHasher ? sumsOf(body.open(), makeHasher, signal) : Promise.resolve(undefined)
          const there = makeHasher && loading.sumsOfBlob?.(slice)
          const sums = await (there ? withSignal(there, signal).catch(here) : here())
          return { partNumber, size, body, sums, release: () => {} }
        }
        const buffer = source.view || !isKept ? undefined : await buffers.take(size, signal)
        if (!buffer) {
          const step = Math.min(size, isKept ? SMALL_STEP : STEP)
          const body = source.view
            ? bytesBody(source.view(offset, size))
            : { size, open: () => streamRange(source, offset, size, step) }
          const toHash = source.view
            ? body.open()
            : streamRange(source, offset, size, step, new Uint8Array(step))
          const sums = makeHasher && (await sumsOf(toHash, makeHasher, signal))
          return { partNumber, size, body, sums, release: () => {} }
        }
        const release = (): void => buffers.giveBack(buffer)
        const { aside } = loading
        if (aside && makeHasher && buffers.isShared(buffer)) {
          await source.readInto(buffer, offset)
          const { hasher } = aside
          const hashed = hasher
            .sums(buffer, { crc64: aside.crc64() })
            // A thread that died took no byte with it: what it would have done is done here.
            .catch((error: unknown) => {
              if (signal.aborted) throw error
              return sumsOf(bytesBody(buffer).open(), makeHasher, signal)
            })
          // It may wait for parts of which it is only the signal that tells that they do not come.
          const sums = await withSignal(hashed, signal)
          const onItsWay = (): void => hasher.onItsWay(buffer)
          return { partNumber, size, body: bytesBody(buffer), sums, onItsWay, release }
        }
        const sums = await readAndHash(source, buffer, offset, makeHasher, signal)
        return { partNumber, size, body: bytesBody(buffer), sums, release }
      },
    }
  }
}

/**
 * Cuts a stream into parts, reading one only when there is memory for it. An empty stream has none.
 *
 * @throws {RangeError} when the stream is longer than 10,000 parts of these sizes.
 */
export async function* streamParts(
  reader: ChunkReader,
  firstPartSize: number,
  loading: Loading,
  signal: AbortSignal,
): AsyncGenerator<PartToLoad, void, void> {
  const buffers = new Buffers(loading.memory)
  for (let partNumber = 1; !(await reader.isAtEnd(signal)); partNumber += 1) {
    if (partNumber > MAX_PARTS) {
      throw new RangeError(
        `The stream is longer than ${MAX_PARTS} parts, of which the first has ${firstPartSize} bytes. A larger partSize reaches further.`,
      )
    }
    const buffer = await buffers.take(streamPartSize(partNumber, firstPartSize), signal)
    const size = await reader.fill(buffer, signal)
    yield {
      async load(signal) {
        const makeHasher = loading.hasherOf(partNumber)
        const body = bytesBody(buffer.subarray(0, size))
        const sums = makeHasher && (await sumsOf(body.open(), makeHasher, signal))
        return { partNumber, size, body, sums, release: () => buffers.giveBack(buffer) }
      },
    }
  }
}

async function readAndHash(
  source: RangeSource,
  buffer: Uint8Array,
  offset: number,
  makeHasher: MakeHasher | undefined,
  signal: AbortSignal,
): Promise<Sums | undefined> {
  async function* reading(): AsyncGenerator<Uint8Array, void, void> {
    for (let done = 0; done < buffer.length; done += 4 * STEP) {
      const piece = buffer.subarray(done, done + 4 * STEP)
      await source.readInto(piece, offset + done)
      yield piece
    }
  }
  if (makeHasher) return sumsOf(reading(), makeHasher, signal)
  await source.readInto(buffer, offset)
  return undefined
}

/** With `again`, every chunk is in it: for a reader that is done with one before it takes the next. */
async function* streamRange(
  source: RangeSource,
  offset: number,
  size: number,
  step: number,
  again?: Uint8Array,
): AsyncGenerator<Uint8Array, void, void> {
  for (let done = 0; done < size; done += step) {
    const length = Math.min(step, size - done)
    const chunk = again ? again.subarray(0, length) : new Uint8Array(length)
    await source.readInto(chunk, offset + done)
    yield chunk
  }
}

/** Buffers of parts, used again, because most parts are equally long. */
class Buffers {
  readonly #memory: Allowance
  /** Where there is one, buffers are its own as long as it has room. */
  readonly #hasher: PartHasher | undefined
  readonly #shared = new Set<Uint8Array>()
  readonly #idle: Uint8Array[] = []

  constructor(memory: Allowance, hasher?: PartHasher) {
    this.#memory = memory
    this.#hasher = hasher
  }

  isShared(buffer: Uint8Array): boolean {
    return this.#shared.has(buffer)
  }

  async take(size: number, signal: AbortSignal): Promise<Uint8Array> {
    await this.#memory.acquire(size, signal)
    const shared = this.#hasher?.take(size)
    if (shared) {
      this.#shared.add(shared)
      return shared
    }
    const index = this.#idle.findIndex((buffer) => buffer.length === size)
    const [buffer = new Uint8Array(size)] = index < 0 ? [] : this.#idle.splice(index, 1)
    // What does not fit is never taken again: parts of a stream only grow.
    this.#idle.length = index < 0 ? 0 : this.#idle.length
    return buffer
  }

  giveBack(buffer: Uint8Array): void {
    if (this.#shared.has(buffer)) this.#hasher?.giveBack(buffer)
    else this.#idle.push(buffer)
    this.#memory.release(buffer.length)
  }
}

/** Fills buffers from chunks of any size. */
export class ChunkReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array(0)
  #ended = false

  constructor(source: StreamSource) {
    this.#chunks = source.chunks()[Symbol.asyncIterator]()
  }

  /** Waits for the next byte, or the end. */
  async isAtEnd(signal: AbortSignal): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#ended) {
      const next = await withSignal(this.#chunks.next(), signal)
      if (next.done) this.#ended = true
      else this.#rest = requireBytes(next.value)
    }
    return this.#rest.length === 0
  }

  /** Returns how many bytes it put into `target`: fewer than fit only at the end. */
  async fill(target: Uint8Array, signal: AbortSignal): Promise<number> {
    let filled = 0
    while (filled < target.length && !(await this.isAtEnd(signal))) {
      const piece = this.#rest.subarray(0, target.length - filled)
      target.set(piece, filled)
      this.#rest = this.#rest.subarray(piece.length)
      filled += piece.length
    }
    return filled
  }

  leave(): void {
    if (!this.#ended) leave(this.#chunks)
    this.#ended = true
  }
}

function requireBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  throw new TypeError('A stream to upload must give Uint8Array chunks.')
}
