/** What can be done to a data directory besides serving it: check it, and copy it while it serves. */

import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { loadHasher } from '@lading/protocol'
import { copyBlobsOf, type DirectoryEngines, openDirectory } from './compose.ts'
import { type CheckOptions, type CheckReport, checkStore } from './inspect/check-store.ts'
import type { BlobId } from './ports/blob-store.ts'
import type { MetadataAudit } from './ports/maintenance.ts'

interface MasterKeyOption {
  /** That of the server, where it is not kept in the directory: 64 hexadecimal digits. */
  readonly masterKey?: string | undefined
}

/**
 * Checks everything in a data directory, which may be served meanwhile: what it sees is one moment. A
 * directory of an older format is brought up to date first, as a start of the server does.
 *
 * @throws {Error} there is no data directory, or it cannot be opened safely.
 */
export async function checkDirectory(
  directory: string,
  options: CheckOptions & MasterKeyOption = {},
): Promise<CheckReport> {
  return await withEngines(
    directory,
    async ({ metadata, blobs, plain }) => {
      const audit = await metadata.audit()
      try {
        const now = (): Date => new Date()
        const makeHasher = await loadHasher()
        return await checkStore({ audit, metadata, blobs, plain, makeHasher, now }, options)
      } finally {
        audit.close()
      }
    },
    options,
  )
}

export interface BackupOptions {
  readonly signal?: AbortSignal | undefined
  /** Called after each blob, with the bytes that are in the copy by then; the next waits for it. */
  readonly onProgress?: ((bytes: number) => Promise<void> | void) | undefined
}

export interface BackupReport {
  readonly blobs: number
  readonly bytes: number
  /** Blobs that an earlier attempt had copied already. */
  readonly keptBlobs: number
  /** What is in the copy, as it was checked. */
  readonly check: CheckReport
}

/**
 * Copies a data directory, which may be served meanwhile, to `target`, which must not exist yet. The
 * copy is of one moment: all that was acknowledged before the call is in it. It has the name `target`
 * only once it is whole, durable and checked; until then it is `TARGET.unfinished`, where another
 * attempt goes on. The directory's key pairs are copied with it.
 *
 * @throws {Error} `target` exists, or what was copied is not sound.
 */
export async function backUpDirectory(
  directory: string,
  target: string,
  options: BackupOptions = {},
): Promise<BackupReport> {
  const place = resolve(target)
  const unfinished = `${place}.unfinished`
  if (await exists(place)) throw new Error(`${target} is there already.`)
  const copied = await withEngines(directory, async ({ metadata }) => {
    await mkdir(unfinished, { recursive: true, mode: 0o700 })
    const meta = join(unfinished, 'meta')
    await rm(meta, { recursive: true, force: true })
    // The metadata first: what it names is kept until the release, and what comes later is not in it.
    const release = await metadata.copyTo(meta)
    try {
      return await copyNamedBlobs(directory, unfinished, options)
    } finally {
      release()
    }
  })
  await copyTopFiles(directory, unfinished)
  const check = await checkDirectory(unfinished, { signal: options.signal })
  if (check.problems.length > 0) {
    const [first] = check.problems
    throw new Error(
      `The copy is not sound, and was left at ${unfinished}: ${first?.what}${check.problems.length > 1 ? `, and ${check.problems.length - 1} more` : ''}.`,
    )
  }
  await sync(unfinished)
  await rename(unfinished, place)
  await sync(dirname(place))
  return { ...copied, check }
}

/** Blobs that are copied at once. */
const COPIES = 4

async function copyNamedBlobs(
  from: string,
  to: string,
  { signal, onProgress }: BackupOptions,
): Promise<Omit<BackupReport, 'check'>> {
  let blobs = 0
  let bytes = 0
  let keptBlobs = 0
  await withEngines(to, async ({ metadata, blobs: copies }) => {
    const audit = await metadata.audit()
    const copier = await copyBlobsOf(from, to)
    const named = namedBlobs(audit)
    const copyOnward = async (): Promise<void> => {
      for (;;) {
        const next = await named.next()
        if (next.done) return
        signal?.throwIfAborted()
        // One without a file came with the metadata.
        const copy = (await copier.copy(next.value)) ?? (await copies.find(next.value))
        // The check of the copy tells of it, and of what names it.
        if (!copy) continue
        blobs += 1
        bytes += copy.size
        if ('kept' in copy && copy.kept) keptBlobs += 1
        await onProgress?.(bytes)
      }
    }
    try {
      await Promise.all(Array.from({ length: COPIES }, copyOnward))
      await copier.finish()
    } finally {
      audit.close()
    }
  })
  return { blobs, bytes, keptBlobs }
}

async function* namedBlobs(audit: MetadataAudit): AsyncGenerator<BlobId, void, undefined> {
  for await (const { entries } of audit.objects()) {
    yield* new Set(entries.map(({ blobId }) => blobId))
  }
  for await (const { parts } of audit.uploads()) yield* parts.map(({ blobId }) => blobId)
}

/** Key pairs and the like, which lie beside the data. */
async function copyTopFiles(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (!entry.isFile()) continue
    await copyFile(join(from, entry.name), join(to, entry.name))
    await sync(join(to, entry.name))
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function withEngines<Result>(
  directory: string,
  use: (engines: DirectoryEngines) => Promise<Result>,
  { masterKey }: MasterKeyOption = {},
): Promise<Result> {
  await requireData(directory)
  const engines = await openDirectory(directory, { masterKey, now: () => new Date() })
  try {
    return await use(engines)
  } finally {
    await engines.close()
  }
}

/** Opening would make what is not there, and a wrong path must not look like an empty store. */
async function requireData(directory: string): Promise<void> {
  try {
    await stat(join(directory, 'meta', 'data.mdb'))
  } catch (cause) {
    throw new Error(`${directory} is no data directory.`, { cause })
  }
}
