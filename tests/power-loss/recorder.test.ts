/** Whether the recorder sees all: what it misses would be missing from every state. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary.ts'
import { snapshot } from './disk.ts'
import { type JournalEvent, readJournal } from './journal.ts'
import { requireWhole } from './record.ts'
import { canRecord, recordingEnvironment, runRecorded } from './recorder.ts'

/** Each kind of change that the store makes, by Node's threads and by the main one. */
const changes = `
  import * as fs from 'node:fs'
  const root = process.env.LADING_RECORD_ROOT
  const directory = root + '/made'
  fs.mkdirSync(directory)
  const file = await fs.promises.open(directory + '/one', 'wx')
  await file.writev([Buffer.from('many '), Buffer.from('pieces')])
  await file.write('at a place', 20)
  await file.truncate(25)
  await file.datasync()
  await file.close()
  fs.appendFileSync(directory + '/one', ' and more')
  fs.writeFileSync(directory + '/two', 'short')
  fs.linkSync(directory + '/two', directory + '/three')
  fs.renameSync(directory + '/one', directory + '/four')
  fs.unlinkSync(directory + '/two')
  fs.mkdirSync(root + '/gone')
  fs.rmdirSync(root + '/gone')
  fs.renameSync(directory, root + '/renamed')
  const handle = fs.openSync(root, 'r')
  fs.fsyncSync(handle)
  fs.closeSync(handle)
`

interface Place {
  readonly root: string
  readonly journal: string
  readonly program: string
}

async function place(program: string): Promise<Place> {
  const folder = realpathSync(await temporaryDirectory())
  const root = join(folder, 'root')
  mkdirSync(root)
  writeFileSync(join(folder, 'program.mjs'), program)
  return { root, journal: join(folder, 'journal'), program: join(folder, 'program.mjs') }
}

test.runIf(canRecord)(
  'all that was recorded, played back, is exactly what lies there',
  async () => {
    const { program, ...places } = await place(changes)
    const base = snapshot(places.root)
    expect((await runRecorded(program, places, {})).code).toBe(0)
    const events = readJournal(places.journal)
    const recording = { base, data: '', earlier: [], events }
    requireWhole(recording, places.root)
    const vital = (event: JournalEvent): boolean => event.kind === 'write' || event.kind === 'link'
    for (const missing of events.filter(vital)) {
      const less = { ...recording, events: events.filter((event) => event !== missing) }
      expect(() => requireWhole(less, places.root)).toThrow('not all that happened')
    }
  },
)

test.runIf(canRecord)(
  'a symbolic link, which the recorder does not follow, ends the program',
  async () => {
    const { program, ...places } = await place(`
    import * as fs from 'node:fs'
    fs.symlinkSync('here', process.env.LADING_RECORD_ROOT + '/link')
  `)
    expect((await runRecorded(program, places, {})).code).not.toBe(0)
    expect(() => readJournal(places.journal)).toThrow('does not follow')
  },
)

test.runIf(canRecord)('a change that the recorder cannot see is told by playing back', async () => {
  // Node has the kernel copy files, by a call that no library stands before.
  const { program, ...places } = await place(`
    import * as fs from 'node:fs'
    fs.copyFileSync(import.meta.filename, process.env.LADING_RECORD_ROOT + '/copy')
  `)
  const base = snapshot(places.root)
  expect((await runRecorded(program, places, {})).code).toBe(0)
  const recording = { base, data: '', earlier: [], events: readJournal(places.journal) }
  expect(() => requireWhole(recording, places.root)).toThrow('not all that happened')
})

test.runIf(canRecord)(
  'the recorder counts as many calls as strace does, where there is one',
  async () => {
    const { program, ...places } = await place(changes)
    const trace = join(places.root, '..', 'trace')
    const preload = recordingEnvironment(places)
    const settings = Object.entries(preload).map(([name, value]) => `${name}=${value}`)
    const { status } = spawnSync(
      'strace',
      [
        ...['-f', '-y', '-s', '512', '-o', trace],
        ...[
          '-e',
          'trace=fsync,fdatasync,write,writev,pwrite64,pwritev,renameat,unlinkat,mkdirat,linkat',
        ],
        ...settings.flatMap((setting) => ['-E', setting]),
        process.execPath,
        program,
      ],
      { stdio: 'ignore' },
    )
    if (status !== 0) {
      console.log('not compared with strace: there is none here, or it may not trace')
      return
    }
    const lines = readFileSync(trace, 'utf8').split('\n')
    const events = readJournal(places.journal)
    const traced = (call: RegExp): number =>
      lines.filter((line) => call.test(line) && line.includes(places.root) && / = \d+/.test(line))
        .length
    const recorded = (...kinds: JournalEvent['kind'][]): number =>
      events.filter(({ kind }) => kinds.includes(kind)).length
    // Records hold the paths too, and are written by calls of their own.
    const isJournal = (line: string): boolean => line.includes(`<${places.journal}>`)
    const writes = lines.filter(
      (line) =>
        /\b(p?writev|write|pwrite64)\(/.test(line) &&
        line.includes(`<${places.root}`) &&
        !isJournal(line),
    ).length
    expect({
      syncs: recorded('sync-end'),
      writes: recorded('write'),
      renames: recorded('rename'),
      unlinks: recorded('unlink', 'rmdir'),
      directories: recorded('mkdir'),
      links: recorded('link'),
    }).toEqual({
      syncs: traced(/\bf(data)?sync\(/),
      writes,
      renames: traced(/\brenameat\(/),
      unlinks: traced(/\bunlinkat\(/),
      directories: traced(/\bmkdirat\(/),
      links: traced(/\blinkat\(/),
    })
  },
)
