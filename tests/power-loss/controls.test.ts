/** The same harness on stores that leave something out, or do it in the wrong order: each must be caught. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { reportFigure } from '../support/figures.ts'
import { seedFromEnvironment } from '../support/random.ts'
import { Checkers } from './checkers.ts'
import type { Variant } from './compose.ts'
import { explore } from './explore.ts'
import type { JournalEvent } from './journal.ts'
import { emptyStore, record } from './record.ts'
import { canRecord } from './recorder.ts'
import type { ScriptName } from './scripts.ts'

interface Control {
  readonly script: ScriptName
  /** Begins with a store that is there, and not with its first start. */
  readonly onStore: boolean
  readonly variant?: Variant
  readonly faults?: string
  /** Syncs and synchronous writes that are left out. */
  readonly omit?: (event: JournalEvent) => boolean
  /** Cuts only after changes of such paths, where they would be hidden among many others. */
  readonly within?: RegExp
}

const isSync = ({ kind }: JournalEvent): boolean => kind === 'sync-begin' || kind === 'sync-end'
const isOn = (event: JournalEvent, pattern: RegExp): boolean =>
  'path' in event && pattern.test(event.path)

const metadata = /[/]data[.]mdb$/

const controls: Record<string, Control> = {
  'without the sync of a file': {
    script: 'initiate, parts, complete',
    onStore: true,
    omit: (event) => isSync(event) && isOn(event, /[/]blobs[/]..[/]/),
  },
  'without the sync of a directory': {
    script: 'initiate, parts, complete',
    onStore: true,
    omit: (event) => isSync(event) && isOn(event, /[/]blobs[/]..$/),
  },
  'without the sync of the directories above': {
    script: 'first start',
    onStore: false,
    omit: (event) => isSync(event) && isOn(event, /[/](root|data|blobs)$/),
    within: /[/]data[/]meta/,
  },
  'that renames the metadata before it syncs it': {
    script: 'first start',
    onStore: false,
    variant: 'rename first',
    within: /[/]data[/]meta/,
  },
  'that commits a row before its blob is synced': {
    script: 'initiate, parts, complete',
    onStore: true,
    variant: 'row before blob',
  },
  'that collects before it commits': {
    script: 'delete and collection',
    onStore: true,
    variant: 'collect before commit',
  },
  'that retries a sync which failed': {
    script: 'initiate, parts, complete',
    onStore: true,
    variant: 'retry a failed sync',
    faults: 'sync:*/blobs/??/*:1:EIO',
  },
  'with noSync in LMDB': {
    script: 'small objects',
    onStore: true,
    omit: (event) => (isSync(event) || event.kind === 'write-durable') && isOn(event, metadata),
  },
  'with noMetaSync in LMDB': {
    script: 'small objects',
    onStore: true,
    omit: (event) => event.kind === 'write-durable' && isOn(event, metadata),
  },
}

/** Every control is to be caught within so many states. */
const MOST = 600

const seed = seedFromEnvironment()
let checkers: Checkers

beforeAll(() => {
  checkers = new Checkers()
})

afterAll(() => checkers.close())

test.runIf(canRecord).each(Object.entries(controls))(
  'a store %s is caught',
  { timeout: 600_000 },
  async (name, { script, onStore, variant, faults, omit, within }) => {
    const prepare = onStore ? emptyStore : undefined
    const recording = await record(script, { seed, variant, faults, prepare })
    const { checked, violations } = await explore(recording, {
      checkers,
      seed,
      most: MOST,
      stopAfter: 1,
      omit,
      within,
    })
    console.log(`${name}: caught after ${checked} states: ${violations[0]}`)
    reportFigure('controls caught', violations.length > 0 ? 1 : 0)
    expect(violations.length, `seed ${seed}`).toBeGreaterThan(0)
  },
)
