/** How secrets are kept in small files: readable by their owner alone, and whole or not there. */

import { randomBytes } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Durable once it resolves; a reader sees the old file or the new one.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  await throughDraft(path, text, { sync: true }, (draft) => rename(draft, path))
  await syncDirectory(dirname(path))
}

/**
 * Makes a file that is not there yet, durably, and leaves one that is: of several processes at once the
 * first makes it for all.
 */
export async function createFile(path: string, text: string): Promise<void> {
  await throughDraft(path, text, { sync: true }, (draft) => linkIfNone(draft, path))
  await syncDirectory(dirname(path))
}

/** As `createFile`, but only for as long as the machine is up; `false` when it was there already. */
export async function createPassingFile(path: string, text: string): Promise<boolean> {
  return await throughDraft(path, text, { sync: false }, (draft) => linkIfNone(draft, path))
}

/** Nobody may read a file that says nothing yet, so it is written under another name. */
async function throughDraft<Result>(
  path: string,
  text: string,
  { sync }: { readonly sync: boolean },
  name: (draft: string) => Promise<Result>,
): Promise<Result> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(text)
      if (sync) await file.sync()
    } finally {
      await file.close()
    }
    return await name(draft)
  } finally {
    await rm(draft, { force: true })
  }
}

/** Unlike a rename, a link does not replace what another process has made meanwhile. */
async function linkIfNone(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/** A name is durable only once its directory is. Windows has no such thing. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Whether a system call failed in the way that `code` names, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
