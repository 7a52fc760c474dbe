/** Every file of a directory on this machine. */

import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { glob } from 'tinyglobby'
import { usageError } from '../command-error.ts'
import type { Service } from '../service.ts'
import type { Selects } from './filters.ts'

export interface FileEntry {
  /** Below the directory, with `/` whatever the system. */
  readonly name: string
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly mtimeMs: number
}

/**
 * By name. What is selected and is no regular file is told of and left out.
 *
 * @throws {CommandError} usage, when it is not a directory.
 */
export async function* listFiles(
  { output }: Service,
  directory: string,
  selects: Selects,
): AsyncGenerator<FileEntry, void, void> {
  if (!(await stat(directory)).isDirectory()) {
    throw usageError(
      `${directory} is not a directory`,
      'A single file is copied by: lading cp FILE oss://BUCKET/KEY',
    )
  }
  const names = await glob('**', {
    cwd: resolve(directory),
    dot: true,
    onlyFiles: true,
    expandDirectories: false,
  })
  for (const name of names.sort()) {
    if (!selects(name)) continue
    const path = join(directory, name)
    const stats = await stat(path)
    if (stats.isFile()) yield { name, path, size: stats.size, mtimeMs: stats.mtimeMs }
    else output.note(`lading: ${path} is left out: it is not a regular file`)
  }
}
