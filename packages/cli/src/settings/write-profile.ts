/** One section of the configuration, replaced among the others. */

import { randomUUID } from 'node:crypto'
import { open, readFile, realpath, rename, rm } from 'node:fs/promises'
import { stringify } from 'ini'
import { plainName } from './config-file.ts'

/**
 * Puts `values` in the place of the section, or behind all others. Every other line stays as it is.
 * The file is replaced in one step, and readable by nobody else.
 */
export async function writeProfile(
  path: string,
  section: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  // A link, as dotfiles often are, is written through and not replaced.
  const file = await realpath(path).catch(() => path)
  const before = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(replaceSection(before, section, values))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

export function replaceSection(
  text: string,
  section: string,
  values: Readonly<Record<string, string>>,
): string {
  const kept: string[] = []
  let inside = false
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[([^\]]*)\]\s*$/.exec(line)?.[1]
    if (heading !== undefined) inside = plainName(heading) === plainName(section)
    if (!inside) kept.push(line)
  }
  const others = kept.join('\n').trimEnd()
  const written = `[${section}]\n${stringify(values, { whitespace: true }).trimEnd()}\n`
  return others === '' ? written : `${others}\n\n${written}`
}
