import { expect, test } from 'vitest'
import { RateMeter } from './rate-meter.ts'

function meterWithClock() {
  const clock = { now: 0 }
  return { clock, meter: new RateMeter(() => clock.now) }
}

test('speed is bytes over time', () => {
  const { clock, meter } = meterWithClock()
  clock.now = 1000
  meter.update(500)
  expect(meter.perSecond()).toBe(500)
})

test('nothing is told from a moment too short to measure', () => {
  const { clock, meter } = meterWithClock()
  clock.now = 10
  meter.update(1_000_000)
  expect(meter.perSecond()).toBeUndefined()
})

test('a stall soon shows, because only the last seconds count', () => {
  const { clock, meter } = meterWithClock()
  while (clock.now < 10_000) {
    clock.now += 10
    meter.update(clock.now)
  }
  expect(meter.perSecond()).toBeCloseTo(1000)
  clock.now = 12_500
  expect(meter.perSecond()).toBeCloseTo(500)
  clock.now = 16_000
  expect(meter.perSecond()).toBe(0)
})

test('a part that is taken back never makes the speed negative', () => {
  const { clock, meter } = meterWithClock()
  clock.now = 1000
  meter.update(500)
  clock.now = 2000
  meter.update(-100)
  expect(meter.perSecond()).toBe(0)
})
