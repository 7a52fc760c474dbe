import { expect, test } from 'vitest'
import { type Clocks, patientClocks } from './patient-clock.ts'

const HOUR = 3_600_000

function clocksAt(times: { system: number; up: number }): Clocks {
  return patientClocks({ systemMs: () => times.system, upMs: () => times.up })
}

test('a clock that is not set is told as it is, to the millisecond', () => {
  const times = { system: 50 * HOUR, up: HOUR }
  const { now, patientNow } = clocksAt(times)
  for (const step of [0, 7, 400, HOUR]) {
    times.system += step
    // Some systems tell it in whole seconds.
    times.up = Math.floor((times.up + step) / 1_000) * 1_000
    expect(now().getTime()).toBe(times.system)
    expect(patientNow().getTime()).toBe(times.system)
  }
})

test('a clock that is set ahead by an hour is not believed, and time goes on from where it was', () => {
  const times = { system: 50 * HOUR, up: HOUR }
  const { now, patientNow } = clocksAt(times)
  times.system += HOUR
  expect(now().getTime()).toBe(51 * HOUR)
  expect(patientNow().getTime()).toBe(50 * HOUR)
  times.system += 60_000
  times.up += 60_000
  expect(patientNow().getTime()).toBe(50 * HOUR + 60_000)
})

test('what was dated by a clock that was an hour behind is not taken for older when it is right again', () => {
  const times = { system: 50 * HOUR, up: HOUR }
  const { now, patientNow } = clocksAt(times)
  now()
  times.system -= HOUR
  const dated = now().getTime()
  times.system += HOUR
  expect(patientNow().getTime() - dated).toBe(0)
  times.system += HOUR
  times.up += HOUR
  expect(patientNow().getTime() - dated).toBe(HOUR)
})
