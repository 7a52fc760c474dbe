/**
 * A process that opens one disk after another with the real store, checks all invariants, and sees
 * whether the store can be used. A state that crashes it ends it: that is why it is a process.
 */

import { copyFileSync, linkSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { loadHasher } from '@lading/protocol'
import { FilesBlobStore } from '../../packages/server/src/drivers/files/files-blob-store.ts'
import { LmdbMetadataStore } from '../../packages/server/src/drivers/lmdb/lmdb-metadata-store.ts'
import type { Acknowledged } from '../../packages/server/src/inspect/check-acknowledged.ts'
import { checkStore } from '../../packages/server/src/inspect/check-store.ts'
import { createStore } from '../../packages/server/src/store/store.ts'
import { quickFiles } from './quick-files.ts'

/** A disk to check; contents are files that may be linked to. */
export interface CheckTask {
  /** Where to lay it out; removed afterwards. */
  readonly place: string
  /** Where the store lies on it. */
  readonly data: string
  readonly directories: readonly string[]
  readonly files: readonly (readonly [path: string, content: string])[]
  readonly acknowledged: Acknowledged
}

/** Milliseconds. Later than whatever a script made of its clock, so that all garbage is due. */
const AHEAD = 30 * 24 * 60 * 60 * 1000

const now = (): Date => new Date(Date.now() + AHEAD)

/** A store to check where it lies. */
export interface CheckInPlaceTask {
  readonly directory: string
  readonly acknowledged: Acknowledged
}

/** Rows in a page, so few that a listing of a small store has several. */
const PAGE = 2

const makeHasher = await loadHasher()

process.on('message', (task: CheckTask | CheckInPlaceTask) => {
  const checking = 'place' in task ? check(task) : checkAt(task.directory, task.acknowledged)
  checking.then(
    (problems) => process.send?.(problems),
    (error: unknown) => process.send?.([`it does not open: ${wordsOf(error)}`]),
  )
})
process.on('disconnect', () => process.exit())

async function check({
  place,
  data,
  directories,
  files,
  acknowledged,
}: CheckTask): Promise<string[]> {
  mkdirSync(place)
  for (const path of directories) mkdirSync(join(place, path))
  for (const [path, content] of files) {
    // Blobs are never written to again, so a second name will do.
    if (path.endsWith('.mdb')) copyFileSync(content, join(place, path))
    else linkSync(content, join(place, path))
  }
  try {
    return await checkAt(join(place, data), acknowledged)
  } finally {
    rmSync(place, { recursive: true })
  }
}

async function checkAt(directory: string, acknowledged: Acknowledged): Promise<string[]> {
  mkdirSync(directory, { recursive: true })
  const metadata = await LmdbMetadataStore.open({ directory: join(directory, 'meta'), now })
  const blobs = await FilesBlobStore.open(join(directory, 'blobs'), {
    files: quickFiles,
    small: metadata.smallBlobs,
  })
  try {
    const inspect = async (): Promise<{ problems: string[]; orphans: number; garbage: number }> => {
      const audit = await metadata.audit()
      try {
        const dependencies = { audit, metadata, blobs, plain: () => blobs, makeHasher, now }
        const options = { deep: true, acknowledged, pageSize: PAGE }
        const report = await checkStore(dependencies, options)
        const problems = report.problems.map(({ kind, what }) => `${kind}: ${what}`)
        return { problems, orphans: report.orphanBlobs, garbage: report.garbageBlobs }
      } finally {
        audit.close()
      }
    }
    const first = await inspect()
    if (first.problems.length > 0) return first.problems
    const unusable = await use({ metadata, blobs })
    const second = await inspect()
    const left = second.orphans + second.garbage
    if (left > 0) unusable.push(`${left} blobs are left after a collection`)
    return [
      ...unusable,
      ...second.problems.map((problem) => `after use and collection, ${problem}`),
    ]
  } finally {
    await blobs.close()
    await metadata.close()
  }
}

/** Writes, reads, deletes, and collects all that nobody needs. */
async function use(engines: {
  readonly metadata: LmdbMetadataStore
  readonly blobs: FilesBlobStore
}): Promise<string[]> {
  const masterKey = async (): Promise<Uint8Array> => new Uint8Array(32)
  const masterKeys = { current: masterKey, existing: masterKey }
  const store = createStore({ ...engines, masterKeys, makeHasher, now })
  const bucket = 'used-after-recovery'
  const bytes = Buffer.from('the store can be written to')
  await store.putBucket({ name: bucket, owner: 'checker' })
  await store.putObject({
    bucket,
    key: 'proof',
    attributes: {
      contentType: 'text/plain',
      headers: {},
      userMetadata: {},
      storageClass: undefined,
    },
    forbidOverwrite: false,
    bytes: once(bytes),
    expected: {},
  })
  const reader = await store.openObject(bucket, 'proof')
  const chunks: Uint8Array[] = []
  for await (const chunk of reader.read({ offset: 0, length: bytes.length })) chunks.push(chunk)
  reader.release()
  await store.deleteObject(bucket, 'proof')
  await store.deleteBucket(bucket)
  // Twice: what is condemned in one run may be forgotten in the next.
  for (let run = 0; run < 2; run += 1) {
    const past = new Date(now().getTime() + 1)
    const { failures } = await store.collectGarbage({ before: past, orphanBefore: past })
    if (failures > 0) return [`${failures} blobs could not be collected`]
  }
  return Buffer.concat(chunks).equals(bytes) ? [] : ['what was written reads otherwise']
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}
