import { createHash } from 'node:crypto'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc64, loadHasher, loadPartHasher, MAX_PARTS } from '@lading/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { fileRange, fileSource } from './file-source.ts'
import { Allowance } from './for-each-concurrent.ts'
import {
  ChunkReader,
  type LoadedPart,
  MAX_BUFFERED_PART,
  type PartToLoad,
  rangeParts,
  streamParts,
} from './load-parts.ts'
import { type RangeSource, toSource } from './source.ts'

const never = new AbortController().signal
const makeHasher = await loadHasher()
const hasherOf = () => makeHasher

async function bytesOf({ body }: { body: LoadedPart['body'] }): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body.open()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function loadAll(parts: Iterable<PartToLoad> | AsyncIterable<PartToLoad>) {
  const loaded: { size: number; bytes: Buffer; md5: string; crc64: bigint | undefined }[] = []
  for await (const part of parts) {
    const { size, sums, ...rest } = await part.load(never)
    const bytes = await bytesOf(rest)
    loaded.push({
      size,
      bytes,
      md5: Buffer.from(sums?.md5 ?? []).toString('hex'),
      crc64: sums?.crc64,
    })
    rest.release()
  }
  return loaded
}

function expected(content: Uint8Array, sizes: readonly number[]) {
  let offset = 0
  return sizes.map((size) => {
    const bytes = Buffer.from(content.subarray(offset, offset + size))
    offset += size
    return { size, bytes, md5: createHash('md5').update(bytes).digest('hex'), crc64: crc64(bytes) }
  })
}

async function fileOf(content: Uint8Array): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-source-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'file')
  await writeFile(path, content)
  return path
}

const content = Uint8Array.from({ length: 25 }, (_, index) => index)

test.each([
  ['bytes', async () => toSource(content)],
  ['a blob', async () => toSource(new Blob([content]))],
  ['a file', async () => fileSource(await fileOf(content))],
])('%s are cut into parts with their sums', async (_, open) => {
  const source = (await open()) as RangeSource
  onTestFinished(() => source.close())
  const parts = rangeParts(source, 10, { hasherOf, memory: new Allowance(10) })
  expect(await loadAll(parts)).toEqual(expected(content, [10, 10, 5]))
})

test('parts hashed beside the event loop have the same sums and bytes, also those it has no room for', async () => {
  const content = Uint8Array.from({ length: 400_000 }, (_, at) => (at * 2_654_435_761) >>> 13)
  const source = await fileSource(await fileOf(content))
  onTestFinished(() => source.close())
  const hasher = await loadPartHasher(1, 120_000)
  if (!hasher) throw new Error('Node has threads and shared memory.')
  onTestFinished(() => hasher.close())
  const aside = { hasher, crc64: () => true }
  const parts = rangeParts(source, 120_000, { hasherOf, memory: new Allowance(1e6), aside })
  const sizes = [120_000, 120_000, 120_000, 40_000]
  expect(await loadAll(parts)).toEqual(expected(content, sizes))
})

test('parts whose hashing thread has ended have their sums all the same', async () => {
  const content = Uint8Array.from({ length: 400_000 }, (_, at) => (at * 2_654_435_761) >>> 13)
  const source = await fileSource(await fileOf(content))
  onTestFinished(() => source.close())
  const hasher = await loadPartHasher(2, 120_000)
  if (!hasher) throw new Error('Node has threads and shared memory.')
  const aside = { hasher, crc64: () => true }
  const parts = rangeParts(source, 120_000, { hasherOf, memory: new Allowance(1e6), aside })
  await hasher.close()
  expect(await loadAll(parts)).toEqual(expected(content, [120_000, 120_000, 120_000, 40_000]))
})

test('a part that waits to be hashed with others is given up with them', async () => {
  const hasher = await loadPartHasher(2, 100)
  if (!hasher) throw new Error('Node has threads and shared memory.')
  onTestFinished(() => hasher.close())
  const source: RangeSource = {
    kind: 'ranges',
    size: 200,
    identity: undefined,
    // The second is never read to its end.
    readInto: (_, offset) => (offset === 0 ? Promise.resolve() : new Promise(() => {})),
    requireUnchanged: async () => {},
    close: async () => {},
  }
  const aside = { hasher, crc64: () => false }
  const parts = [...rangeParts(source, 100, { hasherOf, memory: new Allowance(200), aside })]
  const stop = new AbortController()
  const [first] = parts.map((part) => part.load(stop.signal))
  stop.abort(new Error('stopped'))
  await expect(first).rejects.toThrow('stopped')
})

test('a long part of a file is read twice and takes no memory of the upload', async () => {
  const piece = Uint8Array.from({ length: 1000 }, (_, index) => index % 251)
  const size = MAX_BUFFERED_PART + 1
  let read = 0
  const source: RangeSource = {
    kind: 'ranges',
    size,
    identity: undefined,
    async readInto(target, offset) {
      read += target.length
      for (let at = 0; at < target.length; at += 1) target[at] = piece[(offset + at) % 1000] ?? 0
    },
    requireUnchanged: async () => {},
    close: async () => {},
  }
  const [part] = [...rangeParts(source, size, { hasherOf, memory: new Allowance(1) })]
  const loaded = await part?.load(never)
  let sent = 0
  for await (const chunk of loaded?.body.open() ?? []) sent += chunk.length
  expect([loaded?.sums?.size, sent, read]).toEqual([size, size, 2 * size])
})

async function* chunksOf(...sizes: number[]): AsyncGenerator<Uint8Array> {
  let offset = 0
  for (const size of sizes) {
    yield content.subarray(offset, offset + size)
    offset += size
  }
}

function streamed(chunks: AsyncIterable<Uint8Array>, memory = 100) {
  const source = toSource(chunks)
  if (source.kind !== 'stream') throw new Error('not a stream')
  return streamParts(
    new ChunkReader(source),
    10,
    { hasherOf, memory: new Allowance(memory) },
    never,
  )
}

test.each([
  ['chunks of odd sizes', [3, 0, 9, 8, 5], [10, 10, 5]],
  ['one long chunk', [25], [10, 10, 5]],
  ['a length that fills its parts', [20], [10, 10]],
  ['an empty stream', [0, 0], []],
])('a stream of %s', async (_, sizes, parts) => {
  expect(await loadAll(streamed(chunksOf(...sizes)))).toEqual(expected(content, parts))
})

test('a stream is read no further than there is memory', async () => {
  let taken = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      taken += 10
      yield new Uint8Array(10)
    }
  }
  const parts = streamed(endless(), 30)
  const held: LoadedPart[] = []
  for (let part = 1; part <= 3; part += 1) {
    const next = await parts.next()
    if (!next.done) held.push(await next.value.load(never))
  }
  const fourth = parts.next()
  await new Promise((resolve) => setImmediate(resolve))
  expect(taken).toBeLessThanOrEqual(40)
  held[0]?.release()
  expect((await fourth).done).toBe(false)
})

test('a stream too long for 10,000 parts is refused when it turns out to be', async () => {
  async function* long(): AsyncGenerator<Uint8Array> {
    for (;;) yield new Uint8Array(50_000)
  }
  let parts = 0
  const load = async (): Promise<void> => {
    const source = toSource(long())
    if (source.kind !== 'stream') return
    const loading = { hasherOf, memory: new Allowance(100_000) }
    for await (const part of streamParts(new ChunkReader(source), 1, loading, never)) {
      parts += 1
      const { release } = await part.load(never)
      release()
    }
  }
  await expect(load()).rejects.toThrow(RangeError)
  expect(parts).toBe(MAX_PARTS)
})

test('a stream of anything but bytes is refused', async () => {
  async function* texts(): AsyncGenerator<Uint8Array> {
    yield 'text' as unknown as Uint8Array
  }
  await expect(loadAll(streamed(texts()))).rejects.toThrow(TypeError)
})

test('a file that becomes shorter fails as a source', async () => {
  const path = await fileOf(content)
  const source = await fileSource(path)
  onTestFinished(() => source.close())
  await truncate(path, 12)
  const [, second] = [...rangeParts(source, 10, { hasherOf, memory: new Allowance(100) })]
  await expect(second?.load(never)).rejects.toMatchObject({ subject: 'source' })
  await expect(source.requireUnchanged()).rejects.toMatchObject({ subject: 'source' })
})

test('a file put in the place of the one being read is noticed', async () => {
  const path = await fileOf(content)
  const source = await fileSource(path)
  onTestFinished(() => source.close())
  await source.requireUnchanged()
  await rm(path)
  await writeFile(path, content)
  await expect(source.requireUnchanged()).rejects.toMatchObject({ subject: 'source' })
})

test('what is no regular file is refused as a source', async () => {
  await expect(fileSource(tmpdir())).rejects.toThrow(TypeError)
})

test('a range of a file is the same each time it is opened', async () => {
  const body = fileRange(await fileOf(content), 3, 9)
  expect(await bytesOf({ body })).toEqual(Buffer.from(content.subarray(3, 12)))
  expect(await bytesOf({ body })).toEqual(Buffer.from(content.subarray(3, 12)))
})

test('what is no source is refused', () => {
  expect(() => toSource({} as unknown as Uint8Array)).toThrow(TypeError)
})
