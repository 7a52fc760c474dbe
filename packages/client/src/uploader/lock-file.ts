/** A lock that a crashed process does not hold for ever. */

import { randomUUID } from 'node:crypto'
import { utimesSync } from 'node:fs'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { CheckpointLockedError } from '../errors.ts'

export interface FileLock {
  /** May be repeated. */
  release(): Promise<void>
}

interface Holder {
  readonly pid: number
  readonly host: string
  /** When the process began, as the system tells it: process ids are used again. */
  readonly started: string | undefined
  /** Tells two locks of one process apart. */
  readonly token: string
}

/** Milliseconds between the signs of life that a lock gives to other hosts, by its modification time. */
const HEARTBEAT_MS = 30_000
/** Milliseconds without one after which a holder on another host is taken for dead. */
const SILENCE_MS = 10 * HEARTBEAT_MS

/**
 * Creates `path`, which must not exist unless its creator is dead.
 *
 * @throws {CheckpointLockedError}
 */
export async function lockFile(path: string): Promise<FileLock> {
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    started: await startOf(process.pid),
    token: randomUUID(),
  }
  // Twice at most: when a second dead holder turns up, somebody else is at work.
  for (let attempt = 1; ; attempt += 1) {
    if (await create(path, JSON.stringify(holder))) return held(path)
    const found = await readHolder(path)
    if (found && (attempt > 2 || (await isAlive(path, found)))) {
      throw new CheckpointLockedError({ pid: found.pid, host: found.host, path })
    }
    if (found) await removeStale(path, found)
    else if (attempt > 2) throw new CheckpointLockedError({ pid: 0, host: 'an unknown host', path })
  }
}

function held(path: string): FileLock {
  const heartbeat = setInterval(() => {
    try {
      const now = new Date()
      utimesSync(path, now, now)
    } catch {
      // Somebody deleted the lock by hand: that is theirs to do, and our work goes on.
    }
  }, HEARTBEAT_MS)
  heartbeat.unref()
  let released: Promise<void> | undefined
  return {
    release() {
      clearInterval(heartbeat)
      released ??= rm(path, { force: true })
      return released
    },
  }
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** `undefined` when it is gone. A lock that says nothing was made in this instant, or its maker died in it. */
async function readHolder(path: string): Promise<Holder | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const found = JSON.parse(text) as Partial<Holder>
    const { pid = 0, host = '', started, token = '' } = found
    return { pid, host, started, token }
  } catch {
    return { pid: 0, host: '', started: undefined, token: text }
  }
}

async function isAlive(path: string, { pid, host, started }: Holder): Promise<boolean> {
  if (host !== hostname()) {
    const modified = (await modifiedAt(path)) ?? 0
    return Date.now() - modified < SILENCE_MS
  }
  if (!processExists(pid)) return false
  const now = await startOf(pid)
  return started === undefined || now === undefined || started === now
}

/** Takes away the lock that `holder` left, and only that one. */
async function removeStale(path: string, holder: Holder): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const moved = await readHolder(aside)
  if (moved && moved.token !== holder.token) {
    // Between our look and our rename another process took over: give its lock back.
    await rename(aside, path)
    return
  }
  await rm(aside, { force: true })
}

function processExists(pid: number): boolean {
  if (pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** In clock ticks since boot, where there is a /proc; `undefined` elsewhere. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The second field, a name in parentheses, may contain anything. Source: proc_pid_stat(5), 22.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

async function modifiedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
