/** `~/.ossutilconfig`: what ossutil 1 and 2 wrote there, read alike. */

import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'ini'
import { CommandError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'

/** One section's values by plain name: lower case, without `-`, `_` and blanks. */
export type Section = ReadonlyMap<string, string>

/** The configuration by plain section name. */
export type ConfigFile = ReadonlyMap<string, Section>

/**
 * The file at `path`, or `~/.ossutilconfig` when none is named. A named file must be there; the
 * usual one need not be.
 *
 * @throws {CommandError} config, when it cannot be read.
 */
export async function readConfigFile(path: string | undefined): Promise<ConfigFile> {
  const file = path ?? join(homedir(), '.ossutilconfig')
  try {
    return parseConfigFile(await readFile(file, 'utf8'))
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (missing && path === undefined) return new Map()
    const why = missing ? 'no such file' : (error as Error).message
    throw new CommandError(exitCodes.config, `cannot read the configuration ${file}: ${why}`, {
      cause: error,
    })
  }
}

export function parseConfigFile(text: string): ConfigFile {
  const sections = new Map<string, Map<string, string>>()
  collect('', parse(text.replace(/^\uFEFF/, '')), sections)
  return sections
}

/** `accessKeyID`, `access-key-id` and `ACCESS_KEY_ID` are one name. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_\s]/g, '')
}

/** The parser nests a section `[a.b]`; a profile's name may hold dots, so they are joined again. */
function collect(
  name: string,
  values: Record<string, unknown>,
  sections: Map<string, Map<string, string>>,
): void {
  const section = sections.get(plainName(name)) ?? new Map<string, string>()
  sections.set(plainName(name), section)
  for (const [key, value] of Object.entries(values)) {
    if (typeof value === 'object' && value !== null) {
      collect(name === '' ? key : `${name}.${key}`, value as Record<string, unknown>, sections)
    } else {
      section.set(plainName(key), String(value))
    }
  }
}
