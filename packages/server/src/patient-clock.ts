/**
 * A clock by which things are old enough to be ended. The system's clock may be set ahead by an hour,
 * and then everything looks an hour older than it is; this one goes on with the time that has passed
 * since the machine was started, which nobody sets. It may be late, but never early.
 */

import { uptime } from 'node:os'

export interface Clocks {
  /** What dates things. */
  readonly now: () => Date
  /** The same or earlier: what the age of things is reckoned from before they are ended. */
  readonly patientNow: () => Date
}

/** Milliseconds. Less is no jump: some systems tell their uptime in whole seconds. */
const SLIGHT = 2_000

/**
 * Each look at either of the two notices a clock that was set back, so that things which were dated
 * until it was right again are not taken for older than they are.
 */
export function patientClocks({
  systemMs = () => Date.now(),
  upMs = () => uptime() * 1_000,
}: {
  readonly systemMs?: () => number
  readonly upMs?: () => number
} = {}): Clocks {
  let start = Number.POSITIVE_INFINITY
  const look = (): { readonly system: number; readonly patient: number } => {
    const system = systemMs()
    const up = upMs()
    start = Math.min(start, system - up)
    return { system, patient: start + up }
  }
  look()
  return {
    now: () => new Date(look().system),
    patientNow() {
      const { system, patient } = look()
      return new Date(system - patient < SLIGHT ? system : patient)
    },
  }
}
