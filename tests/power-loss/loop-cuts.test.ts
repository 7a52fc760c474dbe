/** Cuts of a real file system, with the kernel's own recovery. */

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { compiled } from '../support/compiled.ts'
import { reportFigure } from '../support/figures.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { until } from '../support/until.ts'
import type { ActorSettings } from './actor.ts'
import { Checkers, fastFolder } from './checkers.ts'
import { readJournal } from './journal.ts'
import { acknowledgedAfter, type Mark } from './ledger.ts'
import { type FileSystemName, LoopDisk, whyNoLoopDisk } from './loop-disk.ts'
import { emptyStore } from './record.ts'
import { canRecord, recordingEnvironment } from './recorder.ts'

const rounds: Record<FileSystemName, number> =
  process.env.CI || process.env.LADING_PROOF ? { ext4: 20, xfs: 10 } : { ext4: 3, xfs: 2 }

/** Cuts of one control, each of which may by chance lose nothing. */
const CONTROL_ROUNDS = 10

const seed = seedFromEnvironment()
const missing: Record<FileSystemName, string | undefined> = {
  ext4: whyNoLoopDisk('ext4'),
  xfs: whyNoLoopDisk('xfs'),
}
for (const why of Object.values(missing)) if (why) console.log(`loop cuts: not run, ${why}`)

let checkers: Checkers

beforeAll(() => {
  checkers = new Checkers(1)
})

afterAll(() => checkers.close())

for (const system of ['ext4', 'xfs'] as const) {
  const why = missing[system]
  if (why) {
    // No package brings what is missing, so that even CI cannot be asked for it.
    test(`cuts of ${system} are not made here: ${why}`, () => {
      expect(why).toMatch(/^(needs root|no \w+ on a loop device)/)
    })
    continue
  }
  test(`what was acknowledged survives each cut of ${system}`, { timeout: 3_600_000 }, async () => {
    const { acknowledged, violations } = await cuts(system, { rounds: rounds[system] })
    reportFigure(`cuts of ${system}`, rounds[system])
    reportFigure('acknowledgements before the cuts', acknowledged)
    reportFigure('violations', violations.length)
    expect(violations, `seed ${seed}`).toEqual([])
    expect(acknowledged).toBeGreaterThanOrEqual(rounds[system])
  })
}

const omissions = [
  ['files', 'sync:*/blobs/??/*:1:OMIT:sticky'],
  ['metadata', 'sync:*/meta/data.mdb:1:OMIT:sticky'],
] as const

test.runIf(canRecord).each(missing.ext4 ? [] : omissions)(
  'a store that does not sync its %s is caught by a cut',
  { timeout: 300_000 },
  async (_, faults) => {
    const { violations } = await cuts('ext4', { rounds: CONTROL_ROUNDS, faults, stopAtFirst: true })
    console.log(`caught: ${violations[0]}`)
    reportFigure('controls caught', violations.length > 0 ? 1 : 0)
    expect(violations.length, `seed ${seed}`).toBeGreaterThan(0)
  },
)

interface CutOptions {
  readonly rounds: number
  readonly faults?: string
  readonly stopAtFirst?: boolean
}

/** Cuts a store off in mid-work, again and again, and checks each copy against what had been said. */
async function cuts(
  system: FileSystemName,
  { rounds, faults, stopAtFirst = false }: CutOptions,
): Promise<{ readonly acknowledged: number; readonly violations: readonly string[] }> {
  const disk = new LoopDisk(system)
  onTestFinished(() => disk.remove())
  const folder = mkdtempSync(join(fastFolder(), 'lading-marks-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const journal = join(folder, 'journal')
  const directory = join(disk.path, 'data')
  await emptyStore(directory)
  const settings: ActorSettings = {
    directory,
    journal,
    script: 'endless',
    seed,
    variant: undefined,
    firstNumber: 0,
  }
  const recording = faults ? recordingEnvironment({ root: disk.path, journal, faults }) : {}
  const actor = spawn(process.execPath, [compiled(new URL('actor.ts', import.meta.url))], {
    env: { ...process.env, ...recording, LADING_ACTOR: JSON.stringify(settings) },
    stdio: 'ignore',
  })
  const random = new Random(seed)
  const violations: string[] = []
  let marks: Mark[] = []
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const before = told(marks)
      // A few acknowledgements, and a moment of whatever comes next.
      await until(() => existsSync(journal) && told(marksIn(journal)) > before)
      await after(random.between(0, 60))
      actor.kill('SIGSTOP')
      await until(() => isStopped(actor.pid))
      marks = marksIn(journal)
      const acknowledged = acknowledgedAfter(marks)
      const found = await disk.cut((path) =>
        checkers.checkInPlace({ directory: join(path, 'data'), acknowledged }),
      )
      violations.push(...found.map((problem) => `cut ${round}: ${problem}`))
      if (stopAtFirst && violations.length > 0) break
      actor.kill('SIGCONT')
    }
  } finally {
    actor.kill('SIGKILL')
    await until(() => actor.exitCode !== null || actor.signalCode !== null)
  }
  return { acknowledged: told(marks), violations }
}

function marksIn(journal: string): Mark[] {
  return readJournal(journal).flatMap((event) =>
    event.kind === 'mark' ? [JSON.parse(event.text) as Mark] : [],
  )
}

function told(marks: readonly Mark[]): number {
  return marks.filter((mark) => 'told' in mark && mark.outcome === 'done').length
}

/** Whether all of its threads stand still. */
function isStopped(pid: number | undefined): boolean {
  const threads = readdirSync(`/proc/${pid}/task`)
  return threads.every((thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    return status.slice(status.lastIndexOf(')') + 2).startsWith('T')
  })
}
