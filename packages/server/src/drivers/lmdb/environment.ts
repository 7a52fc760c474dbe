/**
 * Opens the environment, or creates it, so that no power cut and no full disk leaves one that cannot
 * be opened again.
 *
 * LMDB creates an environment by writing its first two pages without a sync. Cut off there, half of
 * them may be on the disk, and `open` then ends the process with a segmentation fault, each time. So
 * the environment is made under another name and gets its own only when it is whole.
 */

import { open as openFile, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { open as openLmdb } from 'lmdb'
import { betweenCommits, inTransaction, seesNewestCommit } from './commits.ts'
import { type EnvironmentFiles, nodeEnvironmentFiles } from './environment-files.ts'
import { formatKey } from './keys.ts'
import { decodeNumber, encodeNumber } from './records.ts'
import { binary, type Environment, openTables, sharedInfo, type Tables } from './tables.ts'
import { addSums, countUsage, haveSmallBlobs } from './upgrades.ts'

/** The layout of the tables as a whole. Raised when they change; `upgrades` then gets one more. */
export const FORMAT = 4

/** What brings tables of format 1, 2, … to the next. Each runs in a transaction. */
const upgrades: readonly ((tables: Tables, summed: Tables) => void)[] = [
  countUsage,
  addSums,
  haveSmallBlobs,
]

/** Bytes. What creation needs is under 100 KiB; running out in the middle of it ends the process. */
const FREE_TO_CREATE = 512 * 1024

/** Bytes. For the lock file. */
const FREE_TO_OPEN = 64 * 1024

/** Milliseconds that others may keep the newest commit out of sight by opening, too. */
const HIDDEN_MS = 10_000

/** File descriptors that opening takes, and some more; running out of them ends the process. */
const DESCRIPTORS = 12

export interface OpenEnvironment {
  readonly environment: Environment
  readonly tables: Tables
}

/**
 * One process at a time may call this for a directory that does not exist yet; any number for one
 * that does.
 *
 * @throws {Error} the format is newer than this version knows, what is there is no environment, or
 *   space or descriptors are too few to open it safely.
 */
export async function openEnvironment(
  directory: string,
  files: EnvironmentFiles = nodeEnvironmentFiles,
): Promise<OpenEnvironment> {
  const unfinished = `${directory}-new`
  await files.remove(unfinished)
  if (!(await files.exists(directory))) await createEnvironment(directory, unfinished, files)
  // At every start: creation may have been cut off after the rename. A power cut could then still
  // take the name back, and the next start would remove what had been acknowledged under it.
  const parent = dirname(directory)
  await files.sync(parent)
  await files.sync(dirname(parent))
  await requireSpace(directory, FREE_TO_OPEN)
  await requireDescriptors(directory)
  await requireEnvironment(directory)
  const environment = await openAtNewest(directory)
  try {
    // A process that was killed while it committed may have left pages that are seen and not yet on
    // the disk. What is answered from them must not be taken back by a power cut.
    await files.sync(join(directory, 'data.mdb'))
    await bringToFormat(environment, directory)
    return { environment, tables: await betweenCommits(directory, () => openTables(environment)) }
  } catch (error) {
    await environment.close()
    throw error
  }
}

/**
 * Copies what is committed at this moment into an environment that is not there yet, durably. It has
 * its name only once it is whole.
 */
export async function copyEnvironment(
  environment: Environment,
  directory: string,
  files: EnvironmentFiles = nodeEnvironmentFiles,
): Promise<void> {
  const unfinished = `${directory}-new`
  await files.remove(unfinished)
  await files.makeDirectories(dirname(directory))
  await files.makeDirectory(unfinished)
  await environment.backup(unfinished, true)
  await files.sync(join(unfinished, 'data.mdb'))
  await files.sync(unfinished)
  await files.rename(unfinished, directory)
  await files.sync(dirname(directory))
}

/**
 * Whether another process has it open, in whichever container that runs: who comes alone finds
 * that nobody has ever read, and every server reads before it serves.
 */
export async function isOpen(directory: string): Promise<boolean> {
  await requireEnvironment(directory)
  const environment = await betweenCommits(directory, () => openAt(directory))
  try {
    return sharedInfo(environment).numReaders > 0
  } finally {
    await environment.close()
  }
}

/** Bytes that are free to this process where `path` lies. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

async function createEnvironment(
  directory: string,
  unfinished: string,
  files: EnvironmentFiles,
): Promise<void> {
  const parent = dirname(directory)
  await files.makeDirectories(parent)
  await requireSpace(parent, FREE_TO_CREATE)
  await requireDescriptors(parent)
  await files.makeDirectory(unfinished)
  const environment = openAt(unfinished)
  const meta = environment.openDB<Uint8Array, Uint8Array>({ ...binary, name: 'meta' })
  openTables(environment)
  await environment.childTransaction(() => {
    meta.putSync(formatKey, encodeNumber(FORMAT))
  })
  await environment.close()
  await files.sync(join(unfinished, 'data.mdb'))
  await files.sync(unfinished)
  await files.rename(unfinished, directory)
}

/**
 * Opens until the newest commit is in sight: to open can hide what others commit meanwhile, from all
 * of them, and to open once more shows it, since nobody commits anything until then.
 */
async function openAtNewest(directory: string): Promise<Environment> {
  for (const end = performance.now() + HIDDEN_MS; ; ) {
    const environment = await betweenCommits(directory, () => openAt(directory))
    if (await seesNewestCommit(environment)) return environment
    await environment.close()
    if (performance.now() > end) {
      throw new Error(`${directory} is opened by others all the time; try again.`)
    }
  }
}

function openAt(directory: string): Environment {
  return openLmdb<Uint8Array, Uint8Array>(directory, {
    ...binary,
    maxDbs: 64,
    // Said, because lmdb takes a name with a dot for that of a file.
    noSubdir: false,
    // With it, a commit resolves before it is durable.
    overlappingSync: false,
  })
}

/** Any number of processes may do this at once. */
export async function bringToFormat(environment: Environment, directory: string): Promise<void> {
  // Looked at before any table is made: a newer version may have other ones.
  const options = { ...binary, name: 'meta', create: false }
  const meta = await betweenCommits(directory, () =>
    environment.openDB<Uint8Array, Uint8Array>(options),
  )
  const row = meta?.get(formatKey)
  if (!meta || !row) throw new Error(`${directory} holds no metadata of ours.`)
  const format = decodeNumber(row)
  if (format > FORMAT) {
    throw new Error(
      `The metadata in ${directory} has format ${format}, and this version knows formats up to ${FORMAT}. A newer version must open it.`,
    )
  }
  for (let from = format; from < FORMAT; from++) {
    const upgrade = upgrades[from - 1]
    if (!upgrade) throw new Error(`The metadata in ${directory} has the unknown format ${from}.`)
    const [tables, summed] = await betweenCommits(directory, () => [
      openTables(environment, { sums: 'none' }),
      openTables(environment),
    ])
    await inTransaction(environment, () => {
      // Another process may have been first; what is counted twice is counted wrong for ever.
      if (decodeNumber(meta.get(formatKey)) !== from) return
      upgrade(tables, summed)
      meta.putSync(formatKey, encodeNumber(from + 1))
    })
  }
}

/** What `open` would crash on is refused here. */
async function requireEnvironment(directory: string): Promise<void> {
  const path = join(directory, 'data.mdb')
  const head = new Uint8Array(32)
  try {
    const file = await openFile(path, 'r')
    try {
      const { size } = await file.stat()
      await file.read(head, 0, head.length, 0)
      // Two meta pages, the first with LMDB's magic number behind the page's header.
      const magic = new DataView(head.buffer).getUint32(24, true)
      if (size >= 8192 && magic === 0xbeefc0de) return
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new Error(`${directory} holds no metadata that can be read.`, { cause: error })
  }
  throw new Error(`${path} is no LMDB environment, or is damaged.`)
}

async function requireSpace(path: string, least: number): Promise<void> {
  const free = await freeBytes(path)
  if (free >= least) return
  throw new Error(`There is too little space for metadata at ${path}: ${free} of ${least} bytes.`)
}

async function requireDescriptors(path: string): Promise<void> {
  const opened: Awaited<ReturnType<typeof openFile>>[] = []
  try {
    for (let count = 0; count < DESCRIPTORS; count++) opened.push(await openFile(path, 'r'))
  } catch (error) {
    throw new Error('There are too few file descriptors to open the metadata.', { cause: error })
  } finally {
    await Promise.all(opened.map((file) => file.close()))
  }
}
