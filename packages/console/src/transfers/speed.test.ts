import { expect, test } from 'vitest'
import { Speed } from './speed.ts'

test('speed is that of the last seconds, and forgotten after a pause', () => {
  const speed = new Speed()
  expect(speed.now).toBe(0)
  speed.note(0, 0)
  expect(speed.now).toBe(0)
  speed.note(1000, 5000)
  expect(speed.now).toBe(5000)
  for (let second = 2; second <= 20; second += 1) speed.note(second * 1000, 5000 + second)
  expect(speed.now).toBeLessThan(10)
  speed.forget()
  expect(speed.now).toBe(0)
})
