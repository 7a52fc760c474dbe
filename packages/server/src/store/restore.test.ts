import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StoredObject } from '../ports/metadata-store.ts'
import { type RestoreState, requireReadable, restoreStateOf, restoring } from './restore.ts'
import { noAttributes, openStore, putText } from './store-samples.contract.ts'

const times = { takesMs: 10, lastsMs: 100 }
const at = (ms: number): Date => new Date(ms)

async function archived(storageClass = 'Archive'): Promise<StoredObject> {
  const { store } = await openStore()
  await putText(store, 'k', 'x')
  const object = await store.getObject('photos', 'k')
  return { ...object, attributes: { ...noAttributes, storageClass } }
}

test.each<[number, RestoreState]>([
  [0, 'ongoing'],
  [9, 'ongoing'],
  [10, 'readable'],
  [109, 'readable'],
  [110, 'frozen'],
])(
  '%i ms after it was asked for, a restore that takes 10 and lasts 100 is %s',
  async (ms, state) => {
    const object = restoring(await archived(), times, at(0))
    expect(restoreStateOf(object, at(ms))).toBe(state)
    if (state === 'readable') expect(() => requireReadable(object, at(ms))).not.toThrow()
    else expect(() => requireReadable(object, at(ms))).toThrow("for the object's state")
  },
)

test('a restore of what can be read never shortens the time it can be read for', async () => {
  const object = await archived()
  fc.assert(
    fc.property(fc.nat(99), fc.nat(300), (wait, lastsMs) => {
      const first = restoring(object, times, at(0))
      const second = restoring(first, { takesMs: 10, lastsMs }, at(10 + wait))
      expect(second.restore?.readyAt).toEqual(first.restore?.readyAt)
      const end = Math.max(110, 10 + wait + lastsMs)
      expect(second.restore?.expiresAt).toEqual(at(end))
    }),
  )
})

test('an object in no archive is always readable', async () => {
  const object = await archived('IA')
  expect(restoreStateOf(object, at(0))).toBe('none')
  expect(() => requireReadable(object, at(0))).not.toThrow()
})
