/** What makes a folder like another one: which files are to be copied, and which are too many. */

import { createReadStream } from 'node:fs'
import { lstat, realpath, rm } from 'node:fs/promises'
import { relative, sep } from 'node:path'
import { CommandError, usageError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatOssUrl, parseOssUrl } from '../oss-url.ts'
import type { Service } from '../service.ts'
import { acrossTransfer } from './copy-across.ts'
import type { Transfer } from './copy-one.ts'
import type { CopyOptions } from './copy-options.ts'
import { downloadTransfer, refused } from './download-plan.ts'
import { type FileEntry, listFiles } from './list-files.ts'
import { type FolderEntry, folderPrefix, listFolder } from './list-folder.ts'
import { localPathOf } from './local-path.ts'
import { uploadTransfer } from './upload-plan.ts'

/**
 * What tells that a file and an object are the same: their size and that the target is not older,
 * their size alone, or their size and their CRC-64.
 */
export type Comparison = 'time' | 'size' | 'checksum'

/** Something in the target that the source has not. */
export interface Surplus {
  readonly place: string
  remove(): Promise<void>
}

export interface SyncPlan {
  readonly transfers: readonly Transfer[]
  /** Files that are the same already. */
  readonly same: number
  readonly surplus: readonly Surplus[]
}

/** `sync DIRECTORY oss://BUCKET/[KEY]`. */
export async function planSyncUp(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
  comparison: Comparison,
): Promise<SyncPlan> {
  const url = parseOssUrl(target)
  const { bucket } = url
  const prefix = folderPrefix(url.key)
  const objects = new Map<string, FolderEntry>()
  const files = listFiles(service, source, options.selects)
  // The directory is looked at first: a mistyped one must not look like an empty one.
  let next = await files.next()
  for await (const entry of listFolder(service, url)) {
    // A folder marker is no file: nothing on the disk would ever be its like.
    const isFile = entry.relative !== '' && !entry.relative.endsWith('/')
    if (isFile && options.selects(entry.relative)) objects.set(entry.relative, entry)
  }
  const transfers: Transfer[] = []
  let same = 0
  for (; !next.done; next = await files.next()) {
    const file = next.value
    const object = objects.get(file.name)
    objects.delete(file.name)
    if (object && (await isSame(service, comparison, file, { bucket, ...object }, 'up'))) {
      same += 1
      continue
    }
    const job = { source: file.path, bucket, key: prefix + file.name }
    transfers.push(uploadTransfer(service, job, file.size, options))
  }
  return { transfers, same, surplus: surplusObjects(service, bucket, objects.values()) }
}

/**
 * `sync oss://BUCKET/[KEY] DIRECTORY`.
 *
 * @throws {CommandError} not found, when there is nothing: a mistyped folder would empty the directory.
 */
export async function planSyncDown(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
  comparison: Comparison,
): Promise<SyncPlan> {
  const url = parseOssUrl(source)
  const { bucket } = url
  const files = await filesOf(service, target, options)
  const transfers: Transfer[] = []
  let [same, found] = [0, 0]
  for await (const object of listFolder(service, url)) {
    const { key, relative: name, size, lastModified } = object
    found += 1
    if (!options.selects(name)) continue
    const file = files.get(name)
    files.delete(name)
    if (file && (await isSame(service, comparison, file, { bucket, ...object }, 'down'))) {
      same += 1
      continue
    }
    try {
      const path = localPathOf(target, name)
      if (path === undefined) continue
      const job = { bucket, key, size, target: path }
      transfers.push(downloadTransfer(service, job, lastModified, options))
    } catch (error) {
      transfers.push(refused(formatOssUrl(bucket, key), target, error))
    }
  }
  if (found === 0) {
    throw new CommandError(exitCodes.notFound, `there is nothing under ${source}`)
  }
  const surplus: Surplus[] = []
  for (const { name, path } of files.values()) {
    if (!(await isReallyBelow(target, name, path))) continue
    surplus.push({ place: path, remove: () => rm(path) })
  }
  return { transfers, same, surplus }
}

/**
 * `sync oss://BUCKET/[KEY] oss://BUCKET/[KEY]`.
 *
 * @throws {CommandError} not found, when there is nothing in the source.
 */
export async function planSyncAcross(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
  comparison: Comparison,
): Promise<SyncPlan> {
  const [from, to] = [parseOssUrl(source), parseOssUrl(target)]
  const [inside, prefix] = [folderPrefix(from.key), folderPrefix(to.key)]
  if (from.bucket === to.bucket && (inside.startsWith(prefix) || prefix.startsWith(inside))) {
    throw usageError('the source and the target lie within one another')
  }
  const copies = new Map<string, FolderEntry>()
  for await (const entry of listFolder(service, to)) {
    if (options.selects(entry.relative)) copies.set(entry.relative, entry)
  }
  const transfers: Transfer[] = []
  let [same, found] = [0, 0]
  for await (const object of listFolder(service, from)) {
    const { key, relative: name, size, lastModified } = object
    found += 1
    if (!options.selects(name) || prefix + name === '') continue
    const there = copies.get(name)
    copies.delete(name)
    const pair = [{ bucket: from.bucket, ...object }, there && { bucket: to.bucket, ...there }]
    if (await isSameObject(service, comparison, pair)) {
      same += 1
      continue
    }
    const job = {
      source: { bucket: from.bucket, key },
      target: { bucket: to.bucket, key: prefix + name },
      size,
      lastModified,
    }
    transfers.push(acrossTransfer(service, job, options))
  }
  if (found === 0) {
    throw new CommandError(exitCodes.notFound, `there is nothing under ${source}`)
  }
  return { transfers, same, surplus: surplusObjects(service, to.bucket, copies.values()) }
}

async function isSameObject(
  { client, signal }: Service,
  comparison: Comparison,
  [source, target]: readonly (ListedObject | undefined)[],
): Promise<boolean> {
  if (!source || !target || source.size !== target.size) return false
  if (comparison === 'size') return true
  if (comparison === 'time') return target.lastModified >= source.lastModified
  const heads = [source, target].map(({ bucket, key }) =>
    client.headObject({ bucket, key }, { signal }),
  )
  const [first, second] = (await Promise.all(heads)).map(({ hashCrc64ecma }) => hashCrc64ecma)
  return first !== undefined && first === second
}

function surplusObjects(
  { client, signal }: Service,
  bucket: string,
  objects: Iterable<FolderEntry>,
): readonly Surplus[] {
  return [...objects].map(({ key }) => ({
    place: formatOssUrl(bucket, key),
    remove: async () => {
      await client.deleteObject({ bucket, key }, { signal })
    },
  }))
}

async function filesOf(
  service: Service,
  directory: string,
  { selects }: CopyOptions,
): Promise<Map<string, FileEntry>> {
  const files = new Map<string, FileEntry>()
  try {
    for await (const file of listFiles(service, directory, selects)) files.set(file.name, file)
  } catch (error) {
    // It will be made.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return files
}

/** Whether no symbolic link leads there: what lies behind one is not this directory's to remove. */
async function isReallyBelow(directory: string, name: string, path: string): Promise<boolean> {
  if (!(await lstat(path)).isFile()) return false
  const real = relative(await realpath(directory), await realpath(path))
  return real.split(sep).join('/') === name
}

interface ListedObject extends FolderEntry {
  readonly bucket: string
}

async function isSame(
  { client, signal }: Service,
  comparison: Comparison,
  file: FileEntry,
  object: ListedObject,
  direction: 'up' | 'down',
): Promise<boolean> {
  if (file.size !== object.size) return false
  if (comparison === 'size') return true
  if (comparison === 'time') {
    // OSS tells whole seconds; within one, neither is the older.
    const changed = Math.floor(file.mtimeMs / 1000)
    const stored = Math.floor(object.lastModified.getTime() / 1000)
    return direction === 'up' ? stored >= changed : changed >= stored
  }
  const { bucket, key } = object
  const { hashCrc64ecma } = await client.headObject({ bucket, key }, { signal })
  return hashCrc64ecma !== undefined && hashCrc64ecma === (await crc64Of(file.path, signal))
}

async function crc64Of(path: string, signal: AbortSignal): Promise<bigint | undefined> {
  const { loadHasher } = await import('@lading/protocol')
  const hasher = (await loadHasher())()
  try {
    for await (const chunk of createReadStream(path, { signal })) await hasher.update(chunk)
    return (await hasher.finish()).crc64
  } finally {
    hasher.abandon()
  }
}
