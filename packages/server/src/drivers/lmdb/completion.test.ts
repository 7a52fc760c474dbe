import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  bucketNamed,
  commitParts,
  openUpload,
  partNumbered,
  publishing,
  readManifest,
} from '../../ports/metadata-samples.contract.ts'
import { LmdbMetadataStore } from './lmdb-metadata-store.ts'

async function opened(): Promise<LmdbMetadataStore> {
  const parent = await mkdtemp(join(tmpdir(), 'lading-meta-'))
  const store = await LmdbMetadataStore.open({ directory: join(parent, 'meta') })
  onTestFinished(async () => {
    await store.close()
    await rm(parent, { recursive: true })
  })
  await store.createBucket(bucketNamed('photos'))
  return store
}

/** Milliseconds of the longest time that nothing else could run while `work` did. */
async function longestStall(
  work: () => Promise<unknown>,
): Promise<{ stall: number; total: number }> {
  let stall = 0
  let running = true
  const begun = performance.now()
  let last = begun
  const watch = (): void => {
    const now = performance.now()
    stall = Math.max(stall, now - last)
    last = now
    if (running) setImmediate(watch)
  }
  setImmediate(watch)
  await work()
  const total = performance.now() - begun
  running = false
  return { stall, total }
}

test('a completion of 10,000 parts lets others have their turn between its pages', async () => {
  const store = await opened()
  for (let round = 0; round < 3; round++) {
    const upload = await openUpload(store, 'big')
    const parts = await commitParts(store, upload, 10_000)
    let turns = 0
    let counting = true
    const count = (): void => {
      turns++
      if (counting) setImmediate(count)
    }
    setImmediate(count)
    const { stall, total } = await longestStall(() => store.completeUpload(upload, publishing()))
    counting = false
    console.log(
      `10,000 parts completed in ${total.toFixed(1)} ms, longest stall ${stall.toFixed(1)} ms`,
    )
    expect(turns).toBeGreaterThanOrEqual(10)
    const { entries, pages } = await readManifest(store, 'big')
    expect(entries).toHaveLength(parts.length)
    expect(pages).toBe(10)
  }
})

test('a ranged read of 10,000 entries touches the segment it needs', async () => {
  const store = await opened()
  const upload = await openUpload(store, 'big')
  const parts = await commitParts(store, upload, 10_000)
  await store.completeUpload(upload, publishing())
  const offset = parts.slice(0, 9_500).reduce((sum, { size }) => sum + size, 0)
  const reader = await store.openObject('photos', 'big')
  const pages = []
  for await (const page of reader?.manifest(offset) ?? []) pages.push(page)
  reader?.release()
  expect(pages).toHaveLength(1)
  expect(pages[0]?.start).toBe(offset)
  expect(pages[0]?.entries).toHaveLength(500)
})

test('parts that keep coming make a completion read inside its transaction at last', async () => {
  const store = await opened()
  const upload = await openUpload(store, 'a')
  await commitParts(store, upload, 1_500)
  let decisions = 0
  const committing: Promise<unknown>[] = []
  const object = await store.completeUpload(upload, (found) => {
    decisions++
    // Queued now, it commits before this try can publish.
    if (decisions <= 3) {
      committing.push(store.commitPart(upload, partNumbered(2_000 + decisions)))
    }
    return publishing()(found)
  })
  await Promise.all(committing)
  expect(decisions).toBe(4)
  expect(object?.etag).toMatch(/,2001,2002,2003-1503$/)
})

test('a refusal that a part outran is not passed on', async () => {
  const store = await opened()
  let outran = 0
  // Whether the part commits before the last page is a matter of time; each round is a new chance.
  for (let round = 0; round < 20 && outran === 0; round++) {
    const upload = await openUpload(store, `key-${round}`)
    await commitParts(store, upload, 6_000)
    let committed = false
    let decisions = 0
    let sending: Promise<unknown> | undefined
    const object = await store.completeUpload(upload, (found) => {
      decisions++
      const first = decisions === 1
      if (first) {
        sending = store.commitPart(upload, partNumbered(7_000)).then(() => {
          committed = true
        })
      }
      const rule = publishing()(found)
      return {
        page(parts) {
          if (first && committed) {
            outran++
            throw new Error('pages of two moments')
          }
          rule.page(parts)
        },
        finish: (current) => rule.finish(current),
      }
    })
    await sending
    expect(object?.etag).toMatch(/,7000-6001$/)
  }
  expect(outran).toBe(1)
})
