/** What makes a folder like another one: which files are to be copied, and which are too many. */

import { lstat, realpath } from 'node:fs/promises'
import { relative, sep } from 'node:path'
import { CommandError, usageError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatOssUrl, parseOssUrl } from '../oss-url.ts'
import type { Service } from '../service.ts'
import { acrossTransfer } from './copy-across.ts'
import type { Transfer } from './copy-one.ts'
import type { CopyOptions } from './copy-options.ts'
import { crc64Of } from './crc64-of.ts'
import { downloadBelow } from './download-plan.ts'
import type { Comparison } from './existing.ts'
import { sideBySide } from './in-order.ts'
import { type FileEntry, listFiles } from './list-files.ts'
import { type FolderEntry, folderPrefix, listFolder } from './list-folder.ts'
import { uploadTransfer } from './upload-plan.ts'

/** Something in the target that the source has not. */
export type Surplus =
  | { readonly place: string; readonly object: { readonly bucket: string; readonly key: string } }
  | { readonly place: string; readonly path: string }

/** What is found of one name. */
export type SyncStep =
  | { readonly kind: 'copy'; readonly transfer: Transfer }
  /** The target is like the source already. */
  | { readonly kind: 'same' }
  | { readonly kind: 'surplus'; readonly surplus: Surplus }

type Steps = AsyncGenerator<SyncStep, void, void>

/**
 * `sync DIRECTORY oss://BUCKET/[KEY]`.
 *
 * @throws {CommandError} not found, when there is no file: a disk that is not mounted would empty the
 *   bucket's folder.
 */
export async function* syncUp(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
  comparison: Comparison,
): Steps {
  const url = parseOssUrl(target)
  const { bucket } = url
  const prefix = folderPrefix(url.key)
  await requireFile(service, source)
  // A link that leads nowhere is a disk that is not mounted as often as a file that was deleted.
  const leftOut = new Set<string>()
  const files = listFiles(service, source, options.selects, (name) => leftOut.add(name))
  const objects = listSelected(service, url, options)
  for await (const [file, object] of sideBySide(files, objects)) {
    if (!file) {
      if (object && !isAtOrBelow(object.name, leftOut)) yield surplusObject(bucket, object)
    } else if (
      object &&
      (await isSame(service, { comparison, file, object, bucket, direction: 'up' }))
    ) {
      yield { kind: 'same' }
    } else {
      const job = { source: file.path, bucket, key: prefix + file.name }
      yield { kind: 'copy', transfer: uploadTransfer(service, job, file.size, options) }
    }
  }
}

/**
 * `sync oss://BUCKET/[KEY] DIRECTORY`.
 *
 * @throws {CommandError} not found, when there is nothing: a mistyped folder would empty the directory.
 */
export async function* syncDown(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
  comparison: Comparison,
): Steps {
  const url = parseOssUrl(source)
  const { bucket } = url
  await requireSomething(service, source)
  const objects = listSelected(service, url, options)
  const files = filesOf(service, target, options)
  for await (const [object, file] of sideBySide(objects, files)) {
    if (!object) {
      if (file && (await isReallyBelow(target, file))) {
        yield { kind: 'surplus', surplus: { place: file.path, path: file.path } }
      }
    } else if (
      file &&
      (await isSame(service, { comparison, file, object, bucket, direction: 'down' }))
    ) {
      yield { kind: 'same' }
    } else {
      const transfer = downloadBelow(service, { bucket, target, ...object }, options, object)
      if (transfer) yield { kind: 'copy', transfer }
    }
  }
}

/**
 * `sync oss://BUCKET/[KEY] oss://BUCKET/[KEY]`.
 *
 * @throws {CommandError} not found, when there is nothing in the source.
 */
export async function* syncAcross(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
  comparison: Comparison,
): Steps {
  const [from, to] = [parseOssUrl(source), parseOssUrl(target)]
  const [inside, prefix] = [folderPrefix(from.key), folderPrefix(to.key)]
  if (from.bucket === to.bucket && (inside.startsWith(prefix) || prefix.startsWith(inside))) {
    throw usageError('the source and the target lie within one another')
  }
  await requireSomething(service, source)
  const pairs = sideBySide(listSelected(service, from, options), listSelected(service, to, options))
  for await (const [object, there] of pairs) {
    if (!object) {
      if (there) yield surplusObject(to.bucket, there)
      continue
    }
    const { key, name, size, lastModified } = object
    const job = {
      source: { bucket: from.bucket, key },
      target: { bucket: to.bucket, key: prefix + name },
      size,
      lastModified,
    }
    const transfer = acrossTransfer(service, job, options)
    const isCurrent =
      comparison === 'checksum'
        ? there?.size === size && (await transfer.isCurrent(comparison, service.signal))
        : there && isLike(comparison, object, there)
    yield isCurrent ? { kind: 'same' } : { kind: 'copy', transfer }
  }
}

/** Whether the name is one of `names`, or lies below one as if it were a directory. */
function isAtOrBelow(name: string, names: ReadonlySet<string>): boolean {
  if (names.size === 0) return false
  const steps = name.split('/')
  return steps.some((_, index) => names.has(steps.slice(0, index + 1).join('/')))
}

function isLike(comparison: Comparison, source: FolderEntry, target: FolderEntry): boolean {
  if (comparison === 'existence') return true
  const isAsLarge = source.size === target.size
  return isAsLarge && (comparison === 'size' || target.lastModified >= source.lastModified)
}

function surplusObject(bucket: string, { key }: FolderEntry): SyncStep {
  const surplus = { place: formatOssUrl(bucket, key), object: { bucket, key } }
  return { kind: 'surplus', surplus }
}

/** @throws {CommandError} not found, when the directory has not a single file. */
async function requireFile(service: Service, source: string): Promise<void> {
  for await (const _ of listFiles(service, source, () => true)) return
  throw new CommandError(exitCodes.notFound, `there is no file in ${source}`)
}

/** @throws {CommandError} not found, when the folder has not a single object. */
async function requireSomething({ client, signal }: Service, source: string): Promise<void> {
  const { bucket, key } = parseOssUrl(source)
  const page = await client.listObjects(
    { bucket, prefix: folderPrefix(key), maxKeys: 1 },
    { signal },
  )
  if (page.contents.length > 0) return
  throw new CommandError(exitCodes.notFound, `there is nothing under ${source}`)
}

/** Without folder markers, which are no files: nothing on a disk would ever be their like. */
async function* listSelected(
  service: Service,
  url: { readonly bucket: string; readonly key: string },
  { selects }: CopyOptions,
): AsyncGenerator<FolderEntry, void, void> {
  for await (const entry of listFolder(service, url)) {
    const isFile = entry.name !== '' && !entry.name.endsWith('/')
    if (isFile && selects(entry.name)) yield entry
  }
}

async function* filesOf(
  service: Service,
  directory: string,
  { selects }: CopyOptions,
): AsyncGenerator<FileEntry, void, void> {
  try {
    yield* listFiles(service, directory, selects)
  } catch (error) {
    // It will be made.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** Whether no symbolic link leads there: what lies behind one is not this directory's to remove. */
async function isReallyBelow(directory: string, { name, path }: FileEntry): Promise<boolean> {
  if (!(await lstat(path)).isFile()) return false
  const real = relative(await realpath(directory), await realpath(path))
  return real.split(sep).join('/') === name
}

interface Compared {
  readonly comparison: Comparison
  readonly file: FileEntry
  readonly object: FolderEntry
  readonly bucket: string
  readonly direction: 'up' | 'down'
}

async function isSame(
  { client, signal }: Service,
  { comparison, file, object, bucket, direction }: Compared,
): Promise<boolean> {
  if (comparison === 'existence') return true
  if (file.size !== object.size) return false
  if (comparison === 'size') return true
  if (comparison === 'time') {
    // OSS tells whole seconds; within one, neither is the older.
    const changed = Math.floor(file.mtimeMs / 1000)
    const stored = Math.floor(object.lastModified.getTime() / 1000)
    return direction === 'up' ? stored >= changed : changed >= stored
  }
  const { hashCrc64ecma } = await client.headObject({ bucket, key: object.key }, { signal })
  return hashCrc64ecma !== undefined && hashCrc64ecma === (await crc64Of(file.path, signal))
}
