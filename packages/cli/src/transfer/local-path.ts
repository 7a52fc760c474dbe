/** Where an object of a folder goes on this machine's disk. */

import { isAbsolute, join, relative, sep } from 'node:path'
import { CommandError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'

/**
 * The path below `directory` that a key names; `undefined` for a folder marker, whose key ends with
 * a slash. A key is anybody's text: one that would leave the directory is refused.
 *
 * @throws {CommandError}
 */
export function localPathOf(directory: string, key: string): string | undefined {
  if (key === '' || key.endsWith('/')) return undefined
  const segments = key.split('/')
  const strange = segments.some(
    (segment) =>
      segment === '' ||
      segment === '.' ||
      segment === '..' ||
      segment.includes('\0') ||
      (sep === '\\' && /[\\:]/.test(segment)),
  )
  const path = join(directory, ...segments)
  const below = relative(directory, path)
  if (!strange && !isAbsolute(below) && below.split(sep)[0] !== '..') return path
  throw new CommandError(
    exitCodes.failed,
    `the key "${key}" does not name a file below ${directory}`,
    {
      hint: 'Copy it by itself to a name of your choice.',
    },
  )
}
