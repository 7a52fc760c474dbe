/** Libraries in C that stand between a process and the kernel, built when they are needed. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../dist/preload', import.meta.url))

/** Only Linux preloads in this way; a compiler may be missing anywhere but in CI, which must have it. */
export const canPreload: boolean =
  process.platform === 'linux' && (Boolean(process.env.CI) || hasCompiler())

function hasCompiler(): boolean {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The library of the one file `source`, for `LD_PRELOAD`. */
export function libraryOf(source: URL): string {
  const path = fileURLToPath(source)
  const library = join(folder, `${basename(path, '.c')}.so`)
  if (existsSync(library) && statSync(library).mtimeMs > statSync(path).mtimeMs) return library
  mkdirSync(folder, { recursive: true })
  // Whole at once: another test may be about to load it.
  const unfinished = `${library}.${process.pid}`
  const flags = ['-O2', '-Wall', '-Werror', '-shared', '-fPIC', '-o', unfinished]
  execFileSync('gcc', [...flags, path, '-ldl'], { stdio: ['ignore', 'ignore', 'inherit'] })
  renameSync(unfinished, library)
  return library
}
