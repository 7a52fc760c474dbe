import { expect, it } from 'vitest'
import { readLimits } from './read-limits.ts'

it('reads limits of every key, of one key and of those who have none', () => {
  const specs = [
    'requests=100,upload=10MiB',
    'key=LTAI-one,download=1KiB',
    'key=anonymous,requests=1',
  ]
  expect(readLimits(specs)).toEqual({
    everyKey: { requestsPerSecond: 100, uploadBytesPerSecond: 10 * 1024 * 1024 },
    keys: { 'LTAI-one': { downloadBytesPerSecond: 1024 } },
    anonymous: { requestsPerSecond: 1 },
  })
})

it.each([
  [['speed=1'], '"speed=1" is not understood'],
  [['requests=1,requests=2'], '"requests=2" is not understood'],
  [['requests='], '"requests=" is not understood'],
  [['requests=none'], '--limit requests'],
  [['upload=fast'], '--limit upload'],
  [['upload=0'], '--limit upload'],
  [['key=one'], 'needs requests=N'],
  [['key=one,requests=1', 'key=one,upload=1MiB'], 'limits already'],
])('%j is a mistake that it names', (specs, named) => {
  expect(() => readLimits(specs)).toThrow(named)
})
