import { expect, test } from 'vitest'
import { keepHeapSmall } from './keep-heap-small.ts'

const GiB = 1024 ** 3

test('collects once for each GiB, and not below the first', () => {
  let collected = 0
  const loaded = keepHeapSmall(() => {
    collected += 1
  })
  const counts = [0, GiB - 1, GiB, GiB + 5, 2 * GiB - 1, 2 * GiB, 7 * GiB, 7 * GiB + 1].map(
    (bytes) => {
      loaded(bytes)
      return collected
    },
  )
  expect(counts).toEqual([0, 0, 1, 1, 1, 2, 3, 3])
})

test('has V8 collect where nothing else is given', () => {
  const loaded = keepHeapSmall()
  expect(() => loaded(GiB)).not.toThrow()
})
