/** Moves all of a store to another pair of engines: the bytes, the rows, and a look at both afterwards. */

import type { MakeHasher } from '@lading/protocol'
import { type CheckDependencies, checkStore } from '../inspect/check-store.ts'
import type { PlainBlobs } from '../inspect/verify-bytes.ts'
import type { BlobId, BlobStore } from '../ports/blob-store.ts'
import type { MaintainedStore } from '../ports/maintenance.ts'
import type {
  BlobImport,
  MigrationNames,
  StoreExport,
  StoreImport,
  WatchedExport,
} from '../ports/migration.ts'
import { type MasterKeySource, opened } from '../store/encryption.ts'
import { compareStores } from './compare-stores.ts'
import { copyBlobs } from './copy-blobs.ts'
import { noCounts, type StoreCounts, walkItems } from './walk-items.ts'

export interface MoveDependencies {
  readonly source: {
    readonly rows: WatchedExport
    readonly blobs: Pick<BlobStore, 'read' | 'find'>
    readonly masterKeys: MasterKeySource
  }
  readonly target: {
    readonly rows: StoreImport
    readonly blobs: BlobImport & BlobStore
    /** Opens what is in the rows, for the look at it. */
    open(): Promise<Pick<MaintainedStore, 'audit' | 'close'> & CheckDependencies['metadata']>
  }
  readonly makeHasher: MakeHasher
  readonly now: () => Date
}

/** Where a migration is. */
export type MoveStage = 'bytes' | 'rows' | 'check'

export interface MoveOptions {
  readonly signal?: AbortSignal | undefined
  /** Called when a stage begins; `counts` is all that there is to be moved. */
  readonly onStage?: ((stage: MoveStage, counts: StoreCounts) => void) | undefined
  /** Bytes that are in the target, of which `kept` were there before. */
  readonly onProgress?:
    | ((bytes: { readonly there: number; readonly kept: number }) => void)
    | undefined
}

export interface MoveReport {
  /** Names the migration; the target keeps it. */
  readonly migration: string
  /** `'finished'` also where an earlier run has done all of it. */
  readonly outcome: 'finished' | 'finished before' | 'failed'
  readonly counts: StoreCounts
  readonly copiedBlobs: number
  readonly copiedBytes: number
  /** Blobs that an earlier run had copied. */
  readonly keptBlobs: number
  /** Why it failed, each in words. */
  readonly problems: readonly string[]
}

/**
 * The target can be served only once this resolves with `'finished'`; broken off anywhere, or after
 * what was damaged is put right, it is called again and goes on.
 *
 * @throws {Error} another process has the source open, or the target holds something else.
 */
export async function moveStore(
  dependencies: MoveDependencies,
  names: MigrationNames,
  options: MoveOptions = {},
): Promise<MoveReport> {
  const { source, target, makeHasher } = dependencies
  requireAlone(source.rows)
  const { id: migration, state } = await target.rows.begin(names, () =>
    requireNoBlobs(target.blobs),
  )
  const counts = await countItems(source.rows)
  const none = { copiedBlobs: 0, copiedBytes: 0, keptBlobs: 0, problems: [] }
  if (state === 'finished') return { migration, outcome: 'finished before', counts, ...none }
  options.onStage?.('bytes', counts)
  let there = 0
  let before = 0
  const { problems, ...copied } = await copyBlobs(
    {
      from: source.blobs,
      to: target.blobs,
      rows: target.rows,
      masterKeys: source.masterKeys,
      makeHasher,
    },
    walkItems(source.rows),
    {
      signal: options.signal,
      onBytes: (bytes) => {
        before += bytes.kept
        there += bytes.copied + bytes.kept
        options.onProgress?.({ there, kept: before })
      },
    },
  )
  const report = (found: readonly string[]): MoveReport => {
    const outcome = found.length > 0 ? 'failed' : 'finished'
    return { migration, outcome, counts, ...copied, problems: found }
  }
  if (problems.length > 0) return report(problems)
  options.onStage?.('rows', counts)
  await target.rows.replaceRows(source.rows, options.signal ? { signal: options.signal } : {})
  options.onStage?.('check', counts)
  const differences = await lookAtBoth(dependencies, options)
  if (differences.length > 0) return report(differences)
  if (!source.rows.isUnchanged()) {
    return report(['Somebody wrote into the source meanwhile: stop what serves it, and run again.'])
  }
  await target.rows.finish()
  return report([])
}

/** Counts all that would be moved. @throws {Error} another process has the source open. */
export async function countStore(source: WatchedExport): Promise<StoreCounts> {
  requireAlone(source)
  return await countItems(source)
}

async function countItems(source: StoreExport): Promise<StoreCounts> {
  const counts = noCounts()
  for await (const _ of walkItems(source, counts));
  return counts
}

function requireAlone({ isOpenElsewhere }: WatchedExport): void {
  if (!isOpenElsewhere) return
  throw new Error(
    'Another process has the source open: stop it first, so that nothing is written that would not be moved.',
  )
}

/** Another database's blobs would be orphans of this one, and be deleted. */
async function requireNoBlobs(blobs: BlobImport): Promise<void> {
  for await (const _ of blobs.sizes()) {
    throw new Error(
      'The engine holds bytes of another store under this prefix: a migration needs one that is empty.',
    )
  }
}

async function lookAtBoth(
  { source, target, makeHasher, now }: MoveDependencies,
  { signal }: MoveOptions,
): Promise<readonly string[]> {
  const moved = await target.rows.export()
  try {
    const differences = await compareStores(source.rows, moved)
    if (differences.length > 0) return differences
  } finally {
    await moved.close()
  }
  const sizes = new Map<BlobId, number>()
  for await (const { id, size } of target.blobs.sizes()) sizes.set(id, size)
  const metadata = await target.open()
  try {
    const audit = await metadata.audit()
    try {
      const blobs: Pick<BlobStore, 'find' | 'list'> = {
        // Of one listing: to ask for each of them would take longer than to copy them has.
        async find(id) {
          const size = sizes.get(id)
          return size === undefined ? undefined : { id, size }
        },
        list: (query) => target.blobs.list(query),
      }
      const plain: PlainBlobs = (encryption) => opened(target.blobs, source.masterKeys, encryption)
      const check = { audit, metadata, blobs, plain, makeHasher, now }
      const { problems } = await checkStore(check, { signal })
      return problems.map(({ what }) => what)
    } finally {
      audit.close()
    }
  } finally {
    await metadata.close()
  }
}
