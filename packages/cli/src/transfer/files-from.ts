/** `--files-from`: the names of the files that are meant, one a line. */

import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { usageError } from '../command-error.ts'

/**
 * The names in the file `list`, or on stdin for `-`, below the folder that is copied. Empty lines
 * say nothing.
 *
 * @throws {CommandError} usage, for a name that leads out of the folder.
 */
export async function* namesIn(list: string): AsyncGenerator<string, void, void> {
  for await (const line of linesOf(list)) {
    const name = line.replace(/^(?:\.\/+)+/, '')
    if (name === '') continue
    if (name.startsWith('/') || name.split('/').includes('..')) {
      throw usageError(
        `--files-from: "${line}" is not below the folder`,
        'Names are as they are below the source, such as raw/a.mov.',
      )
    }
    yield name
  }
}

async function* linesOf(list: string): AsyncGenerator<string, void, void> {
  if (list === '-') {
    yield* createInterface({ input: process.stdin, crlfDelay: Infinity })
    return
  }
  const file = await open(list)
  try {
    yield* file.readLines()
  } finally {
    await file.close()
  }
}
