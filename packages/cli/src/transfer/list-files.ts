/** Every file of a directory on this machine. */

import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { usageError } from '../command-error.ts'
import type { Service } from '../service.ts'
import type { Selects } from './filters.ts'
import { compareNames } from './in-order.ts'

export interface FileEntry {
  /** Below the directory, with `/` whatever the system. */
  readonly name: string
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly mtimeMs: number
}

/**
 * By name, as OSS orders keys. Links are followed, but not into what they lie in. What is selected
 * and is no regular file is told of and left out, as is, in silence, what a download has so far. At
 * any time the names of one directory, and of those above it, are held.
 *
 * `onLeftOut` is called with each name that is told of, before anything that comes behind it is listed.
 *
 * @throws {CommandError} usage, when it is not a directory.
 */
export async function* listFiles(
  service: Service,
  directory: string,
  selects: Selects,
  onLeftOut: (name: string) => void = () => {},
): AsyncGenerator<FileEntry, void, void> {
  await requireDirectory(directory)
  const above = new Set([await realpath(directory)])
  yield* walk({ service, selects, onLeftOut }, { path: directory, prefix: '', above })
}

async function requireDirectory(directory: string): Promise<void> {
  if ((await stat(directory)).isDirectory()) return
  throw usageError(
    `${directory} is not a directory`,
    'A single file is copied by: lading cp FILE oss://BUCKET/KEY',
  )
}

interface Walking {
  readonly service: Service
  readonly selects: Selects
  readonly onLeftOut: (name: string) => void
}

interface Place {
  readonly path: string
  /** Of the names of what lies in it: empty, or with a slash at its end. */
  readonly prefix: string
  /** The real paths of it and of what it lies in. */
  readonly above: ReadonlySet<string>
}

async function* walk(
  walking: Walking,
  { path, prefix, above }: Place,
): AsyncGenerator<FileEntry, void, void> {
  for (const { name, isDirectory } of await entriesOf(path)) {
    const [inner, below] = [join(path, name), prefix + name]
    if (!isDirectory) {
      const file = await fileAt(walking, inner, below)
      if (file) yield file
      continue
    }
    const real = await realpath(inner)
    if (above.has(real)) {
      leaveOut(walking, inner, below, 'it leads back to where it lies')
      continue
    }
    yield* walk(walking, { path: inner, prefix: `${below}/`, above: new Set([...above, real]) })
  }
}

interface Entry {
  readonly name: string
  readonly isDirectory: boolean
}

/** In the order of the names of the files in them: that of a directory counts with its slash. */
async function entriesOf(path: string): Promise<Entry[]> {
  const listed = await readdir(path, { withFileTypes: true })
  const found = listed.filter(({ name }) => !isPartial(name))
  const entries = await Promise.all(found.map((entry) => toEntry(path, entry)))
  const rank = ({ name, isDirectory }: Entry): string => (isDirectory ? `${name}/` : name)
  return entries.sort((one, other) => compareNames(rank(one), rank(other)))
}

/** What a download of ours has so far: no file of anybody's until it has its name. */
function isPartial(name: string): boolean {
  return name.startsWith('.lading-') && name.endsWith('.part')
}

async function toEntry(path: string, entry: Dirent): Promise<Entry> {
  const { name } = entry
  if (!entry.isSymbolicLink()) return { name, isDirectory: entry.isDirectory() }
  const target = await stat(join(path, name)).catch(() => undefined)
  return { name, isDirectory: target?.isDirectory() ?? false }
}

async function fileAt(
  walking: Walking,
  path: string,
  name: string,
): Promise<FileEntry | undefined> {
  if (!walking.selects(name)) return undefined
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    // It went since it was listed, or is a link that leads nowhere.
    if (error.code === 'ENOENT' || error.code === 'ELOOP') return undefined
    throw error
  })
  if (stats?.isFile()) return { name, path, size: stats.size, mtimeMs: stats.mtimeMs }
  leaveOut(walking, path, name, stats ? 'it is not a regular file' : 'it leads nowhere')
  return undefined
}

function leaveOut(
  { service: { output }, onLeftOut }: Walking,
  path: string,
  name: string,
  why: string,
): void {
  output.note(`lading: ${path} is left out: ${why}`)
  onLeftOut(name)
}
