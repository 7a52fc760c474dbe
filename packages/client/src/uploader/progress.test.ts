import { expect, test } from 'vitest'
import { bytesBody } from '../body.ts'
import { metered, ProgressMeter } from './progress.ts'

test('bytes sent again count once, and a part counts whole when it is done', () => {
  const heard: number[] = []
  const meter = new ProgressMeter(({ loaded }) => void heard.push(loaded))
  meter.expect(100, 2)
  meter.sent(1, 30)
  meter.sent(1, 10)
  meter.sent(1, 40)
  meter.sent(2, 5)
  meter.done(1, 60, { resumed: false })
  meter.done(2, 40, { resumed: true })
  expect(heard).toEqual([0, 30, 40, 45, 65, 100])
  expect(meter.current).toEqual({
    loaded: 100,
    confirmed: 100,
    total: 100,
    partsDone: 2,
    partsResumed: 1,
    parts: 2,
  })
})

test('a metered body tells what has been taken, from the start in each attempt', async () => {
  const told: number[] = []
  const body = metered(bytesBody(new Uint8Array(300_000)), (bytes) => told.push(bytes))
  for (let attempt = 1; attempt <= 2; attempt += 1) for await (const _ of body.open());
  expect(told).toEqual([131_072, 262_144, 300_000, 131_072, 262_144, 300_000])
})
