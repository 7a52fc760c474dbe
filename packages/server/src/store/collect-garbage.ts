/**
 * The collector: deletes the bytes that nobody can reach any more. It may stop or die anywhere and
 * begin again; what it did twice was harmless.
 */

import type { BlobId, BlobStore } from '../ports/blob-store.ts'
import type { MetadataStore } from '../ports/metadata-store.ts'
import type { OpenWrites, Writes } from './open-writes.ts'

export interface CollectionOptions {
  /** Collects what became garbage before this. */
  readonly before: Date
  /**
   * Collects blobs that nothing names and that were last written before this. For that all blobs are
   * listed; `undefined` leaves it.
   */
  readonly orphanBefore: Date | undefined
  readonly signal?: AbortSignal | undefined
}

export interface CollectionReport {
  /** Blobs of replaced, deleted, aborted and unlisted things. */
  readonly garbageBlobs: number
  /** Blobs that nothing ever named. */
  readonly orphanBlobs: number
  /** Blobs that could not be deleted; they are tried again next time. */
  readonly failures: number
  /** The first of those failures. */
  readonly failure: unknown
}

/** Items, or blobs, that are asked for at once. */
const BATCH = 256

/**
 * Milliseconds. A write of another process notices at its end that its blob was deleted, and commits
 * right after that look; this is more than any such commit takes.
 */
const COMMIT_TIME = 10 * 60 * 1000

export interface CollectorDependencies {
  readonly blobs: BlobStore
  readonly metadata: MetadataStore
  readonly now: () => Date
  /** What this process is writing. */
  readonly writes: OpenWrites
  /** Condemned blobs that are deleted and not yet absolved. Kept between runs. */
  readonly deleted: Map<BlobId, Deletion>
}

interface Deletion {
  readonly at: Date
  /** Those that were under way and could yet publish the blob. */
  readonly writes: Writes
}

type Progress = { -readonly [Name in keyof CollectionReport]: CollectionReport[Name] }

/**
 * @throws `signal.reason`. What one blob's deletion throws is counted in the report, and the blob is
 *   tried again next time; what the metadata throws ends the run.
 */
export async function collectGarbage(
  dependencies: CollectorDependencies,
  { before, orphanBefore, signal }: CollectionOptions,
): Promise<CollectionReport> {
  const progress: Progress = { garbageBlobs: 0, orphanBlobs: 0, failures: 0, failure: undefined }
  await deleteGarbage(dependencies, before, progress, signal)
  if (orphanBefore) await condemnOrphans(dependencies, orphanBefore, signal)
  await deleteCondemned(dependencies, progress, signal)
  await absolve(dependencies)
  return progress
}

/** Deletes the blobs first and forgets them second, so that a crash between leaves them known. */
async function deleteGarbage(
  { blobs, metadata }: CollectorDependencies,
  before: Date,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  // What fails stays at the head of the queue and must not be asked for without end.
  const failed = new Set<string>()
  for (;;) {
    const due = await metadata.dueGarbage({ before, limit: BATCH + failed.size })
    const items = due.filter(({ id }) => !failed.has(id))
    if (items.length === 0) return
    for (const item of items) {
      const failures = progress.failures
      for (const id of item.blobs) {
        signal?.throwIfAborted()
        if (await deleteBlob(blobs, id, progress)) progress.garbageBlobs += 1
      }
      if (progress.failures > failures) failed.add(item.id)
      else await metadata.settleGarbage(item)
    }
  }
}

/**
 * The claim is durable before a byte is deleted: a part may take longer to arrive than any age, and
 * its commit must then be refused rather than name a blob that is gone.
 */
async function condemnOrphans(
  { blobs, metadata, deleted }: CollectorDependencies,
  before: Date,
  signal: AbortSignal | undefined,
): Promise<void> {
  let batch: BlobId[] = []
  for await (const { id } of blobs.list({ before })) {
    signal?.throwIfAborted()
    if (deleted.has(id)) continue
    batch.push(id)
    if (batch.length < BATCH) continue
    await metadata.condemnBlobs(batch)
    batch = []
  }
  if (batch.length > 0) await metadata.condemnBlobs(batch)
}

/** Those condemned just now, and those of a process that died before it deleted them. */
async function deleteCondemned(
  { blobs, metadata, now, writes, deleted }: CollectorDependencies,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const failed = new Set<BlobId>()
  for (;;) {
    // Those that wait for absolution are listed too, so ask for as many more.
    const condemned = await metadata.listCondemned(deleted.size + failed.size + BATCH)
    const left = condemned.filter((id) => !deleted.has(id) && !failed.has(id))
    if (left.length === 0) return
    // A write that could publish one of these blobs began before the blob was listed.
    const underWay = writes.now()
    for (const id of left) {
      signal?.throwIfAborted()
      if (await deleteBlob(blobs, id, progress)) {
        deleted.set(id, { at: now(), writes: underWay })
        progress.orphanBlobs += 1
      } else {
        failed.add(id)
      }
    }
  }
}

/**
 * A condemned blob may be the one that a slow write is filling. Only when no write of that time can
 * publish it any more, here or in another process, is it forgotten.
 */
async function absolve(dependencies: CollectorDependencies): Promise<void> {
  const { metadata, now, writes, deleted } = dependencies
  const before = now().getTime() - COMMIT_TIME
  const safe = [...deleted]
    .filter(([, deletion]) => deletion.at.getTime() < before && writes.areOver(deletion.writes))
    .map(([id]) => id)
  if (safe.length === 0) return
  await metadata.absolveBlobs(safe)
  for (const id of safe) deleted.delete(id)
}

async function deleteBlob(blobs: BlobStore, id: BlobId, progress: Progress): Promise<boolean> {
  try {
    await blobs.delete(id)
    return true
  } catch (error) {
    progress.failures += 1
    progress.failure ??= error
    return false
  }
}
