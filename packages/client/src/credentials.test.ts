import { expect, test } from 'vitest'
import { credentialsSource, type ExpiringCredentials } from './credentials.ts'

const keys = { accessKeyId: 'id', accessKeySecret: 'secret' }

function counting(make: (call: number) => ExpiringCredentials) {
  let calls = 0
  const provider = async (): Promise<ExpiringCredentials> => {
    calls += 1
    return make(calls)
  }
  return { provider, calls: () => calls }
}

test('everybody who waits shares one question', async () => {
  const { provider, calls } = counting(() => keys)
  const source = credentialsSource(provider)
  await Promise.all([source.get(undefined), source.get(undefined), source.get(undefined)])
  expect(calls()).toBe(1)
})

test('keys are replaced before they end', async () => {
  let now = 0
  const { provider, calls } = counting(() => ({ ...keys, expiration: new Date(now + 600_000) }))
  const source = credentialsSource(provider, () => now)
  await source.get(undefined)
  now = 500_000
  await source.get(undefined)
  expect(calls()).toBe(1)
  now = 560_000
  await source.get(undefined)
  expect(calls()).toBe(2)
})

test('a refusal of keys that were replaced meanwhile does not throw away their successors', async () => {
  const { provider, calls } = counting((call) => ({ ...keys, accessKeyId: `id-${call}` }))
  const source = credentialsSource(provider)
  const old = await source.get(undefined)
  source.refuse(old)
  const fresh = await source.get(undefined)
  source.refuse(old)
  expect(await source.get(undefined)).toBe(fresh)
  expect(calls()).toBe(2)
})

test('a provider that fails is asked again the next time', async () => {
  const { provider } = counting((call) => {
    if (call === 1) throw new Error('no network')
    return keys
  })
  const source = credentialsSource(provider)
  await expect(source.get(undefined)).rejects.toThrow('no network')
  expect(await source.get(undefined)).toBe(keys)
})

test('a provider that throws instead of rejecting is asked again the next time', async () => {
  let calls = 0
  const provider = (): Promise<ExpiringCredentials> => {
    calls += 1
    if (calls === 1) throw new Error('no file')
    return Promise.resolve(keys)
  }
  const source = credentialsSource(provider)
  await expect(source.get(undefined)).rejects.toThrow('no file')
  expect(await source.get(undefined)).toBe(keys)
})

test('keys that are still good are used while their provider is out of order', async () => {
  let now = 0
  const { provider, calls } = counting((call) => {
    if (call > 1) throw new Error('no network')
    return { ...keys, expiration: new Date(100_000) }
  })
  const source = credentialsSource(provider, () => now)
  await source.get(undefined)
  now = 50_000
  expect(await source.get(undefined)).toMatchObject(keys)
  expect(calls()).toBe(2)
  now = 100_001
  await expect(source.get(undefined)).rejects.toThrow('no network')
})

test('one caller who gives up does not take the keys from the others', async () => {
  let answer = (_: ExpiringCredentials): void => {}
  const source = credentialsSource(() => new Promise((resolve) => (answer = resolve)))
  const controller = new AbortController()
  const impatient = source.get(controller.signal)
  const patient = source.get(undefined)
  controller.abort(new Error('gave up'))
  await expect(impatient).rejects.toThrow('gave up')
  answer(keys)
  expect(await patient).toBe(keys)
})
