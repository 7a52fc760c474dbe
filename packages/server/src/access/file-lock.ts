/** One at a time, whichever process it is in: a file that is there for as long as the work takes. */

import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as after } from 'node:timers/promises'
import { createPassingFile, hasCode } from './secret-files.ts'

/** Milliseconds. The work takes some; whoever takes longer has stopped. */
const PATIENCE = 10_000
const PAUSE = 20

/**
 * Waits until nobody holds `path` and holds it. Resolves with what lets go of it. What a process that has
 * died on this machine left behind holds nobody up.
 *
 * @throws {Error} naming the holder, after ten seconds.
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const own = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    token: randomBytes(8).toString('hex'),
  })
  for (const end = performance.now() + PATIENCE; ; await after(PAUSE)) {
    if (await createPassingFile(path, own)) return () => rm(path, { force: true })
    const holder = await read(path)
    if (holder !== undefined && isDead(holder)) await takeAway(path, holder)
    else if (performance.now() > end) {
      throw new Error(
        `Another process is changing what ${path} guards (${holder ?? 'nothing says which'}). If it is gone, delete that file.`,
      )
    }
  }
}

/** Of all who see that the holder is dead one takes its file, and gives back what is not that file. */
async function takeAway(path: string, dead: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await rename(path, aside)
    if ((await read(aside)) !== dead) await link(aside, path)
    await rm(aside)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function isDead(text: string): boolean {
  const { pid, host } = JSON.parse(text) as { readonly pid: number; readonly host: string }
  if (host !== hostname()) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return hasCode(error, 'ESRCH')
  }
}
