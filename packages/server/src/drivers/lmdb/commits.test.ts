import { afterEach, expect, test, vi } from 'vitest'
import { NoSpaceError } from '../../ports/blob-store.ts'
import { Commits, isStrayLmdbRejection } from './commits.ts'
import type { Environment } from './tables.ts'

const GIB = 1024 ** 3

afterEach(() => {
  vi.useRealTimers()
})

/** What lmdb rejects with when a commit fails. */
function failedCommit(code: number): Error {
  const commitError = Promise.reject(Object.assign(new Error('the cause'), { code }))
  commitError.catch(() => {})
  return Object.assign(new Error('Commit failed (see commitError for details)'), { commitError })
}

/** An environment whose commits end as told, one after the other; the others succeed. */
function commitsThat(
  outcomes: ((() => Promise<void>) | Error)[],
  {
    free = 100 * GIB,
    timeoutMs = 60_000,
    // LMDB's number of the transaction that runs; the newest commit has 7.
    writeTxnId = (): number => 8,
  } = {},
): Commits {
  const environment = {
    getWriteTxnId: writeTxnId,
    env: { info: () => ({ lastTxnId: 7 }) },
    async childTransaction(action: () => unknown): Promise<unknown> {
      const outcome = outcomes.shift()
      const result = action()
      if (outcome instanceof Error) throw outcome
      await outcome?.()
      return result
    },
  } as unknown as Environment
  return new Commits(environment, { timeoutMs, freeBytes: async () => free })
}

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = Symbol()
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending
}

test('a transaction resolves with what its action returns', async () => {
  expect(await commitsThat([]).run(() => 7)).toBe(7)
})

test('what an action throws is passed on as it is, and fails nothing else', async () => {
  const commits = commitsThat([])
  const refusal = new Error('exists')
  const refused = commits.run(() => {
    throw refusal
  })
  await expect(refused).rejects.toBe(refusal)
  expect(await commits.run(() => 1)).toBe(1)
  expect(await settled(commits.failed)).toBe(false)
})

test.each([
  ['ENOSPC', 28, 100 * GIB],
  ['EIO of a short write on a disk that is nearly full', 5, 1_000_000],
])('%s refuses the one commit, and the store goes on', async (_, code, free) => {
  const commits = commitsThat([failedCommit(code)], { free })
  await expect(commits.run(() => 1)).rejects.toBeInstanceOf(NoSpaceError)
  expect(await commits.run(() => 2)).toBe(2)
  expect(await settled(commits.failed)).toBe(false)
})

test.each([
  ['EIO on a disk with space', 5, 100 * GIB],
  ['any other error', 22, 1_000_000],
])('%s fails the store for good', async (_, code, free) => {
  const never = () => new Promise<void>(() => {})
  const commits = commitsThat([never, failedCommit(code)], { free })
  const stuck = commits.run(() => 1)
  const failing = commits.run(() => 2)
  await expect(failing).rejects.toThrow('could not be committed')
  await expect(stuck).rejects.toThrow('could not be committed')
  const failure = await commits.failed
  expect(failure.cause).toMatchObject({ code })
  await expect(commits.run(() => 3)).rejects.toBe(failure)
  expect(() => commits.requireUsable()).toThrow(failure)
  expect(await commits.close()).toEqual({ usable: false })
})

test('a commit that does not settle in time fails the store', async () => {
  vi.useFakeTimers()
  const commits = commitsThat([() => new Promise(() => {})], { timeoutMs: 30_000 })
  const stuck = commits.run(() => 1)
  stuck.catch(() => {})
  await vi.advanceTimersByTimeAsync(29_999)
  expect(await settled(commits.failed)).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  await expect(stuck).rejects.toThrow('30000 ms')
  expect(await commits.failed).toBeInstanceOf(Error)
})

test('a process that was stopped for hours gives its commits time to settle when it goes on', async () => {
  vi.useFakeTimers()
  let commit = (): void => {}
  const slow = () =>
    new Promise<void>((resolve) => {
      commit = resolve
    })
  const commits = commitsThat([slow], { timeoutMs: 30_000 })
  const running = commits.run(() => 1)
  // One late turn of the loop, whatever the hour, runs a timer once.
  vi.setSystemTime(Date.now() + 7_200_000)
  await vi.advanceTimersToNextTimerAsync()
  commit()
  expect(await running).toBe(1)
  expect(vi.getTimerCount()).toBe(0)
})

test('a transaction that would overwrite the newest commit changes nothing until it sees it', async () => {
  vi.useFakeTimers()
  const begun = [7, 6, 8]
  const commits = commitsThat([], { writeTxnId: () => begun.shift() ?? 0 })
  let runs = 0
  const running = commits.run(() => {
    runs += 1
    return begun.length
  })
  await vi.advanceTimersByTimeAsync(100)
  expect(await running).toBe(0)
  expect(runs).toBe(1)
})

test('a newest commit that stays out of sight fails the store, and is not overwritten', async () => {
  vi.useFakeTimers()
  const commits = commitsThat([], { writeTxnId: () => 7 })
  const action = vi.fn()
  const running = commits.run(action)
  running.catch(() => {})
  await vi.advanceTimersByTimeAsync(2_100)
  await expect(running).rejects.toThrow('its process must start again')
  expect(await commits.failed).toBeInstanceOf(Error)
  expect(action).not.toHaveBeenCalled()
})

test('closing waits for what is under way and takes nothing more', async () => {
  let commit = (): void => {}
  const slow = () =>
    new Promise<void>((resolve) => {
      commit = resolve
    })
  const commits = commitsThat([slow])
  const order: string[] = []
  const running = commits.run(() => 1).then(() => order.push('committed'))
  const closing = commits.close().then(({ usable }) => order.push(`closed ${usable}`))
  await expect(commits.run(() => 2)).rejects.toThrow('closed')
  commit()
  await Promise.all([running, closing])
  expect(order).toEqual(['committed', 'closed true'])
})

test('only the rejection that lmdb leaves behind is taken for one', () => {
  expect(isStrayLmdbRejection(failedCommit(28))).toBe(true)
  expect(isStrayLmdbRejection(new Error('Commit failed (see commitError for details)'))).toBe(false)
  expect(isStrayLmdbRejection(Object.assign(new Error('other'), { commitError: 1 }))).toBe(false)
  expect(isStrayLmdbRejection(undefined)).toBe(false)
})
