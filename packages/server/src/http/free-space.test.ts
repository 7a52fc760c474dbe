import { OssError } from '@lading/protocol'
import { expect, test, vi } from 'vitest'
import { type ComingBody, type FreeSpace, guardFreeSpace } from './free-space.ts'

const RESERVE = 1_000

interface Body extends ComingBody {
  received: number
  readonly failures: Error[]
}

function body(declaredLength: number | undefined): Body {
  const failures: Error[] = []
  return { declaredLength, received: 0, failures, fail: (error) => void failures.push(error) }
}

function withFree(free: () => number): { space: FreeSpace; refusals: () => number } {
  let refusals = 0
  const space = guardFreeSpace({
    reserve: RESERVE,
    freeBytes: async () => free(),
    onRefusal: () => {
      refusals += 1
    },
  })
  return { space, refusals: () => refusals }
}

async function refused(admission: Promise<unknown>): Promise<void> {
  await expect(admission).rejects.toMatchObject({ code: 'ServiceUnavailable', status: 503 })
}

test('a body is refused exactly when it would take from the reserve', async () => {
  const { space, refusals } = withFree(() => 5_000)
  await refused(space.admit(body(4_001)))
  expect(refusals()).toBe(1)
  await space.admit(body(4_000))
})

test('bodies that are admitted at once are counted together', async () => {
  const { space } = withFree(() => 5_000)
  await space.admit(body(3_000))
  await refused(space.admit(body(1_001)))
  await space.admit(body(1_000))
  await refused(space.admit(body(1)))
})

test('what has come of a body is on the disk, and is not counted twice', async () => {
  vi.useFakeTimers()
  try {
    let free = 5_000
    const { space } = withFree(() => free)
    const first = body(3_000)
    await space.admit(first)
    first.received = 2_000
    free = 3_000
    await vi.advanceTimersByTimeAsync(1_000)
    // 3,000 are free, and 1,000 of them are the first one's still.
    await refused(space.admit(body(1_001)))
    await space.admit(body(1_000))
  } finally {
    vi.useRealTimers()
  }
})

test('space that comes back is given again without a restart', async () => {
  vi.useFakeTimers()
  try {
    let free = 500
    const { space } = withFree(() => free)
    await refused(space.admit(undefined))
    free = 2_000
    await vi.advanceTimersByTimeAsync(1_000)
    await space.admit(undefined)
    await space.admit(body(1_000))
  } finally {
    vi.useRealTimers()
  }
})

test('a body of unknown length is failed when the reserve is reached, and others are not', async () => {
  vi.useFakeTimers()
  try {
    let free = 5_000
    const { space } = withFree(() => free)
    const endless = body(undefined)
    const known = body(1_000)
    const over = body(undefined)
    const release = await space.admit(over)
    await space.admit(endless)
    await space.admit(known)
    release()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(endless.failures).toEqual([])
    free = 900
    await vi.advanceTimersByTimeAsync(10_000)
    expect(endless.failures[0]).toBeInstanceOf(OssError)
    expect(endless.failures[0]).toMatchObject({ code: 'ServiceUnavailable' })
    expect([known.failures, over.failures]).toEqual([[], []])
  } finally {
    vi.useRealTimers()
  }
})
