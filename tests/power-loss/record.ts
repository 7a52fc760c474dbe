/** Records a script on a directory, and makes sure that nothing escaped the recorder. */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDirectory } from '../../packages/server/src/compose.ts'
import { compiled } from '../support/compiled.ts'
import type { ActorSettings } from './actor.ts'
import { fastFolder } from './checkers.ts'
import type { Variant } from './compose.ts'
import { Disk, type DiskState, snapshot } from './disk.ts'
import type { Recording } from './explore.ts'
import { readJournal } from './journal.ts'
import type { Mark } from './ledger.ts'
import { type Ended, runRecorded } from './recorder.ts'
import type { ScriptName } from './scripts.ts'

export interface RecordOptions {
  readonly seed: number
  readonly variant?: Variant | undefined
  /** As `recorder.c` takes them. */
  readonly faults?: string | undefined
  /** What lies in the recorded directory before. */
  readonly before?: DiskState | undefined
  /** What callers had been told before. */
  readonly earlier?: readonly Mark[] | undefined
  /** Puts something into the data directory before, which it is given. */
  readonly prepare?: ((directory: string) => Promise<void> | void) | undefined
}

export interface Recorded extends Recording {
  readonly ended: Ended
}

/** Where the store lies below the directory that is recorded. */
const DATA = 'data'

/** Requests of one recording; those of the next begin behind them. */
const NUMBERS = 10_000

/** Runs the script under the recorder. @throws {Error} the journal is not the whole of what happened. */
export async function record(script: ScriptName, options: RecordOptions): Promise<Recorded> {
  const { seed, variant, faults, earlier = [] } = options
  let ended: Ended = { code: null, signal: null, stderr: '' }
  const recording = await recordWith(options, async ({ root, journal, directory }) => {
    const firstNumber = earlier.length > 0 ? NUMBERS : 0
    const settings: ActorSettings = { directory, journal, script, seed, variant, firstNumber }
    const program = compiled(new URL('actor.ts', import.meta.url))
    const env = { LADING_ACTOR: JSON.stringify(settings) }
    ended = await runRecorded(program, { root, journal, faults }, env)
    if (faults === undefined && ended.code !== 0) {
      throw new Error(`The script "${script}" ended with ${ended.code}:\n${ended.stderr}`)
    }
    // A process that is killed may have had a change under way that it did not come to note.
    return { whole: ended.signal === null }
  })
  return { ...recording, ended }
}

interface Places {
  readonly root: string
  readonly journal: string
  /** Of the store. */
  readonly directory: string
}

/** Records whatever `run` starts; it says whether all of that ended by itself. */
export async function recordWith(
  { before, earlier = [], prepare }: Omit<RecordOptions, 'seed'>,
  run: (places: Places) => Promise<{ readonly whole: boolean }>,
): Promise<Recording> {
  const folder = realpathSync(mkdtempSync(join(fastFolder(), 'lading-recorded-')))
  try {
    const root = join(folder, 'root')
    const journal = join(folder, 'journal')
    const directory = join(root, DATA)
    mkdirSync(root)
    if (before) layOut(before, root)
    if (prepare) {
      mkdirSync(directory, { recursive: true })
      await prepare(directory)
    }
    const base = snapshot(root)
    const { whole } = await run({ root, journal, directory })
    const recording = { base, events: readJournal(journal), data: DATA, earlier }
    if (whole) requireWhole(recording, root)
    return recording
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Makes an empty store, so that a script that begins on it has no first start of its own. */
export async function emptyStore(directory: string): Promise<void> {
  const engines = await openDirectory(directory, { masterKey: undefined, now: () => new Date() })
  await engines.close()
}

/** All changes together must make exactly what lies there. */
export function requireWhole({ base, events }: Recording, root: string): void {
  const disk = new Disk(base)
  for (const event of events) disk.take(event)
  const replayed = linesOf(disk.cut())
  const live = linesOf(new Disk(snapshot(root)).cut())
  const missing = live.filter((line) => !replayed.includes(line))
  const more = replayed.filter((line) => !live.includes(line))
  if (missing.length + more.length === 0) return
  throw new Error(
    `The journal is not all that happened: there is ${missing.join(', ') || 'nothing else'}, and by the journal ${more.join(', ') || 'nothing else'}.`,
  )
}

function linesOf({ directories, files }: DiskState): string[] {
  return [
    ...directories.map((path) => `${path}/`),
    ...files.map(({ path, content }) => `${path} ${content.hash} (${content.bytes.length} bytes)`),
  ].sort()
}

function layOut({ directories, files }: DiskState, root: string): void {
  for (const path of directories) mkdirSync(join(root, path))
  for (const { path, content } of files) writeFileSync(join(root, path), content.bytes)
}
