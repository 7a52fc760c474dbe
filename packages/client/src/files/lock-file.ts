/** A lock that a crashed process does not hold for ever. */

import { createHash, randomUUID } from 'node:crypto'
import { utimesSync } from 'node:fs'
import { open, readFile, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { delay } from '../abort.ts'
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
/** Milliseconds in which the maker of a lock will have written its name into it. */
const PATIENCE_MS = 1000
const LOOK_MS = 100
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
  for (;;) {
    if (await create(path, holder)) return held(path, holder)
    const found = await readHolder(path)
    if (!found) continue // it has just been released
    if (await isAlive(path, found)) throw lockedBy(found, path)
    const lock = await takeOver(path, found, holder)
    if (lock) return lock
  }
}

/**
 * Puts our lock in the place of a dead one, as the one successor that each dead holder can have: who
 * makes the file named for it. A successor that dies at this has a successor in turn, so that nobody
 * ever deletes a file that another one may just have made. `undefined`: somebody else has come through
 * meanwhile.
 */
async function takeOver(path: string, dead: Holder, holder: Holder): Promise<FileLock | undefined> {
  const turns = [turnAfter(path, dead)]
  for (let turn = turnAfter(path, dead); !(await create(turn, holder)); turns.push(turn)) {
    const other = await readHolder(turn)
    if (!other) return undefined
    if (await isAlive(turn, other)) throw lockedBy(other, path)
    turn = turnAfter(path, other)
  }
  try {
    const present = await readHolder(path)
    if (present && present.token !== dead.token) return undefined
    await rm(path, { force: true })
    return (await create(path, holder)) ? held(path, holder) : undefined
  } finally {
    for (const turn of turns) await rm(turn, { force: true })
  }
}

/** Where the successor of a dead holder says who it is. */
function turnAfter(path: string, { token }: Holder): string {
  const isPlain = /^[\w-]{1,64}$/.test(token)
  const name = isPlain ? token : createHash('sha256').update(token).digest('hex').slice(0, 32)
  return `${path}.after-${name}`
}

function lockedBy({ pid, host }: Holder, path: string): CheckpointLockedError {
  return new CheckpointLockedError({ pid, host, path })
}

function held(path: string, holder: Holder): FileLock {
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
      released ??= releaseOwn(path, holder)
      return released
    },
  }
}

/** Another host may have taken us for dead and hold the lock by now. */
async function releaseOwn(path: string, { token }: Holder): Promise<void> {
  if ((await readHolder(path))?.token === token) await rm(path, { force: true })
}

async function create(path: string, holder: Holder): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(JSON.stringify(holder))
    } catch (error) {
      await rm(path, { force: true }) // a full disk: nobody shall take it for a lock
      throw error
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/**
 * `undefined` when it is gone. A lock that says nothing was made in this instant; or its maker died in
 * it, which nothing but patience tells.
 */
async function readHolder(path: string): Promise<Holder | undefined> {
  for (let waited = 0; ; waited += LOOK_MS) {
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
    const holder = parseHolder(text)
    if (holder) return holder
    if (waited >= PATIENCE_MS) return { ...nobody, host: hostname(), token: text }
    await delay(LOOK_MS)
  }
}

const nobody: Holder = { pid: 0, host: '', started: undefined, token: '' }

function parseHolder(text: string): Holder | undefined {
  try {
    return { ...nobody, ...(JSON.parse(text) as Partial<Holder>) }
  } catch {
    return undefined
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
