import { expect, test } from 'vitest'
import { KnownSettings, type Settings } from './known-settings.ts'

function opened() {
  let time = 0
  let value = 0
  let reads = 0
  let fails = false
  const known = new KnownSettings(
    async () => {
      reads += 1
      if (fails) throw new Error('The database is gone.')
      return new Map([['policy', String(value)]])
    },
    () => time,
  )
  return {
    known,
    pass(ms: number) {
      time += ms
    },
    set(next: number) {
      value = next
    },
    fail(does: boolean) {
      fails = does
    },
    reads: () => reads,
    policy: async () => (await known.of('docks')).get('policy'),
  }
}

test('settings are read together, and once a second', async () => {
  const { policy, pass, set, reads } = opened()
  expect(await Promise.all([policy(), policy()])).toEqual(['0', '0'])
  set(1)
  pass(999)
  expect(await policy()).toBe('0')
  expect(reads()).toBe(1)
  pass(1)
  expect(await policy()).toBe('1')
  expect(reads()).toBe(2)
})

test('what was changed here is known here at once, also by a read that was under way', async () => {
  const answers: ((settings: Settings) => void)[] = []
  const known = new KnownSettings(() => new Promise((resolve) => answers.push(resolve)))
  const before = known.of('docks')
  known.forget('docks')
  const after = known.of('docks')
  answers[1]?.(new Map([['policy', 'new']]))
  answers[0]?.(new Map([['policy', 'old']]))
  expect((await before).get('policy')).toBe('old')
  expect((await after).get('policy')).toBe('new')
  expect((await known.of('docks')).get('policy')).toBe('new')
})

test('a read that failed is no answer to the next', async () => {
  const { policy, fail } = opened()
  fail(true)
  await expect(policy()).rejects.toThrow('gone')
  fail(false)
  expect(await policy()).toBe('0')
})

test('of very many buckets those that were read last are known', async () => {
  const { known, reads } = opened()
  for (let at = 0; at <= 1_000; at += 1) await known.of(`bucket-${at}`)
  await known.of('bucket-1')
  expect(reads()).toBe(1_001)
  await known.of('bucket-0')
  expect(reads()).toBe(1_002)
})
