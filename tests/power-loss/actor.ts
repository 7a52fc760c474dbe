/** A process that runs one script on one directory, under the recorder. */

import { isStrayLmdbRejection } from '../../packages/server/src/compose.ts'
import { Random } from '../support/random.ts'
import { compose, type Variant } from './compose.ts'
import { appendMark } from './journal.ts'
import { type ScriptName, scripts } from './scripts.ts'
import { Stage } from './stage.ts'

export interface ActorSettings {
  readonly directory: string
  readonly journal: string
  readonly script: ScriptName
  readonly seed: number
  readonly variant: Variant | undefined
  readonly firstNumber: number
}

/** As `lading serve` ends: on what the supervisor is to start anew. */
const FAILED = 70

const { directory, journal, script, seed, variant, firstNumber } = JSON.parse(
  process.env.LADING_ACTOR ?? '',
) as ActorSettings

process.on('unhandledRejection', (reason) => {
  if (!isStrayLmdbRejection(reason)) throw reason
})

const clock = { ahead: 0 }
const now = (): Date => new Date(Date.now() + clock.ahead)
const engines = await compose(directory, { now, variant })
void engines.metadata.failed.then(() => process.exit(FAILED))
const mark = (text: unknown): void => appendMark(journal, JSON.stringify(text))
const stage = await Stage.open({ engines, clock, mark, firstNumber })
await scripts[script](stage, new Random(seed))
await engines.close()
