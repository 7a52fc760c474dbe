import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { manifestOf, objectOf } from '../../ports/metadata-samples.contract.ts'
import { openEnvironment } from './environment.ts'
import { GarbageQueue } from './garbage-queue.ts'
import { Objects } from './objects.ts'
import { LmdbSmallBlobs } from './small-blobs.ts'
import { TimeOrder } from './time-order.ts'
import { Usage } from './usage.ts'

test.each([
  [0, 10],
  [9_999, 10],
  [10_000, 9],
  [95_000, 1],
  [99_999, 1],
  [100_000, 1],
])(
  'a read from byte %i of 10,000 entries looks at %i segments of ten',
  async (offset, expected) => {
    const parent = await mkdtemp(join(tmpdir(), 'lading-meta-'))
    const { environment, tables } = await openEnvironment(join(parent, 'meta'))
    onTestFinished(async () => {
      await environment.close()
      await rm(parent, { recursive: true })
    })
    const now = (): Date => new Date()
    const objects = new Objects(tables, {
      garbage: new GarbageQueue(tables, now),
      order: new TimeOrder(tables, now),
      usage: new Usage(tables),
      small: new LmdbSmallBlobs(tables, () => {}),
    })
    await environment.childTransaction(() =>
      objects.publish(objectOf('a', manifestOf(10_000)), undefined),
    )
    const located = objects.locate('photos', 'a')
    if (!located) throw new Error('The object should be there.')
    let looks = 0
    const read = <Result>(look: () => Result): Result => {
      looks++
      return look()
    }
    for await (const { entries } of objects.manifest(located, offset, read)) {
      expect(entries.length).toBeGreaterThan(0)
    }
    expect(looks).toBe(expected)
  },
)
