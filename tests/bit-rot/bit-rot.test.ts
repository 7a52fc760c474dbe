/**
 * Bytes of the stored files themselves that change: of blobs, their sums, rows, and of LMDB's own pages.
 * What is asked by a client that compares nothing is answered rightly or not at all.
 */

import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OssClient } from '@lading/client/node'
import { expect, onTestFinished, test } from 'vitest'
import { BLOCK, BlockSums, SUM, writeSum } from '../../packages/server/src/drivers/blob-layout.ts'
import type { BlobId } from '../../packages/server/src/ports/blob-store.ts'
import { reportFigure } from '../support/figures.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { KEY_PAIR } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { blobFiles } from '../support/temporary.ts'
import { type Answers, judge, type Outcome, Reader, type Reading } from './reader.ts'

const FLIPS = Number(process.env.LADING_FLIPS ?? (process.env.CI ? 200 : 40))
const seed = seedFromEnvironment()

test(`of ${FLIPS} bytes that changed on the disk none is served, and none goes unnoticed`, {
  timeout: 120_000 + FLIPS * 2_000,
}, async () => {
  const { directory, sound } = await soundStore()
  const reader = new Reader()
  onTestFinished(() => reader.stop())
  const first = await reader.read(directory)
  expect(first?.problems).toEqual([])
  const truth = answersOf(first)
  expect(Object.values(truth).filter((answer) => String(answer).startsWith('refused'))).toEqual([])

  const random = new Random(seed)
  const files = [
    join('meta', 'data.mdb'),
    ...(await blobFiles(directory)).map((name) => join('blobs', name.slice(0, 2), name)),
  ]
  const count: Record<Outcome, number> = { harmless: 0, detected: 0, served: 0, hidden: 0 }
  const broken: string[] = []
  for (let flip = 0; flip < FLIPS; flip++) {
    // Every second in the metadata: its bytes are few, and each may stand for many.
    const file = flip % 2 === 0 ? files[0] : files[random.between(1, files.length - 1)]
    if (file === undefined) throw new Error('There is no file.')
    await restore(sound, directory)
    const bytes = await readFile(join(directory, file))
    const at = file === files[0] ? usedByte(bytes, random) : edgeOrAny(bytes.length, random)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.between(0, 7))
    await writeFile(join(directory, file), bytes)
    const outcome = judge(truth, await reader.read(directory))
    count[outcome] += 1
    if (outcome === 'served' || outcome === 'hidden') broken.push(`${outcome}: ${file} at ${at}`)
  }
  console.log(`bit rot: seed ${seed}, ${JSON.stringify(count)}`)
  reportFigure('changed bytes', FLIPS)
  reportFigure('of them detected', count.detected)
  reportFigure('of them without effect', count.harmless)
  reportFigure('violations', broken.length)
  expect(broken, `seed ${seed}`).toEqual([])
  expect(count.detected).toBeGreaterThan(FLIPS / 3)
})

test('a byte whose sum was made to fit is served, and that is seen: the sums are what keeps the others back', async () => {
  const { directory } = await soundStore()
  const reader = new Reader()
  onTestFinished(() => reader.stop())
  const truth = answersOf(await reader.read(directory))
  for (const name of await blobFiles(directory)) {
    const path = join(directory, 'blobs', name.slice(0, 2), name)
    const bytes = await readFile(path)
    bytes[10] = (bytes[10] ?? 0) ^ 1
    const sums = new BlockSums(name.slice(0, 32) as BlobId)
    const block = bytes.subarray(0, Math.min(BLOCK, bytes.length - SUM))
    sums.add(block)
    writeSum(bytes, block.length, sums.take())
    await writeFile(path, bytes)
  }
  expect(judge(truth, await reader.read(directory))).toBe('served')
})

test('a reader that is given other bytes, or is not told of missing ones, is seen', async () => {
  const truth: Answers = { small: [1, 'a'], list: [['small', 1]] }
  const judged = (served: Answers, problems: string[] = []): Outcome =>
    judge(truth, { served, problems })
  expect(judged(truth)).toBe('harmless')
  expect(judged({ ...truth, small: [1, 'b'] }, ['damaged'])).toBe('served')
  expect(judged({ ...truth, list: [['other', 1]] }, ['damaged'])).toBe('served')
  expect(judged({ ...truth, list: [] })).toBe('hidden')
  expect(judged({ ...truth, list: [] }, ['idle-claim'])).toBe('detected')
  expect(judged({ ...truth, small: 'refused: InternalError' }, ['damaged'])).toBe('detected')
  expect(judge(truth, undefined)).toBe('detected')
})

function answersOf(reading: Reading | undefined): Answers {
  if (!reading || 'refused' in reading.served) throw new Error('The sound store cannot be read.')
  return reading.served
}

/** A directory with one of everything, and a copy of it. */
async function soundStore(): Promise<{ directory: string; sound: string }> {
  const parent = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'lading-rot-'))
  onTestFinished(() => rm(parent, { recursive: true }))
  const directory = join(parent, 'store')
  const server = await startServer({
    data: { directory },
    credentials: [KEY_PAIR],
    collect: { intervalMs: 0 },
  })
  const client = new OssClient({ endpoint: server.url, credentials: KEY_PAIR })
  await client.putBucket({ bucket: 'films' })
  const body = (size: number): Buffer => new Random(size).bytes(size)
  const described = { contentType: 'text/plain', metadata: { by: 'somebody' } }
  await client.putObject({ bucket: 'films', key: 'small', body: body(5_000), ...described })
  await client.putObject({ bucket: 'films', key: 'large', body: body(300_000), ...described })
  for (const key of ['of parts', 'open']) {
    const { uploadId } = await client.initiateMultipartUpload({ bucket: 'films', key })
    const ref = { bucket: 'films', key, uploadId } as const
    const parts = []
    for (const partNumber of [1, 2, 3]) {
      const { etag } = await client.uploadPart({ ...ref, partNumber, body: body(110_000) })
      parts.push({ partNumber, etag })
    }
    if (key === 'of parts') await client.completeMultipartUpload({ ...ref, parts })
  }
  await client.close()
  await server.close({ graceMs: 0 })
  const sound = join(parent, 'sound')
  await cp(directory, sound, { recursive: true })
  return { directory, sound }
}

/** What a reader or a changed byte left behind is gone. */
async function restore(sound: string, directory: string): Promise<void> {
  await rm(join(directory, 'meta'), { recursive: true })
  await cp(join(sound, 'meta'), join(directory, 'meta'), { recursive: true })
  for (const name of await blobFiles(sound)) {
    const place = join('blobs', name.slice(0, 2), name)
    await writeFile(join(directory, place), await readFile(join(sound, place)))
  }
}

/** A byte of a page that says something: most pages are free, or empty in their middle. */
function usedByte(bytes: Buffer, random: Random): number {
  for (;;) {
    const at = random.between(0, bytes.length - 1)
    if (bytes[at] !== 0) return at
  }
}

/** Often at an end, where sums are. */
function edgeOrAny(length: number, random: Random): number {
  if (random.chance(0.2)) return Math.max(0, length - random.between(1, 6))
  return random.between(0, length - 1)
}
