import * as fake from 'fake-indexeddb'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Checkpoint } from '../uploader/checkpoint.ts'
import { indexedDbCheckpoints } from './indexed-db-checkpoints.ts'

beforeAll(() => {
  for (const [name, value] of Object.entries(fake)) {
    if (name.startsWith('IDB')) vi.stubGlobal(name, value)
  }
  vi.stubGlobal('indexedDB', new fake.IDBFactory())
  // Without Web Locks, as on pages without HTTPS: the tests in Chromium have them.
  vi.stubGlobal('navigator', {})
})

afterAll(() => {
  vi.unstubAllGlobals()
})

const identity = { endpoint: 'http://h', bucket: 'bucket', key: 'key', source: 'movie.mov' }
const checkpoint: Checkpoint = {
  ...identity,
  format: 1,
  uploadId: 'id',
  partSize: 1024 * 1024,
  sourceVersion: '1-2',
  attributes: '[]',
  initiated: '2026-01-01T00:00:00.000Z',
}

test('what is saved is found again by the same upload, and by no other', async () => {
  const store = indexedDbCheckpoints({ name: 'found' })
  const slot = await store.open(identity)
  expect(slot.checkpoint).toBeUndefined()
  await slot.save(checkpoint)
  await slot.close()
  const again = indexedDbCheckpoints({ name: 'found' })
  expect((await again.open(identity)).checkpoint).toEqual(checkpoint)
  expect((await again.open({ ...identity, key: 'other' })).checkpoint).toBeUndefined()
  expect(await indexedDbCheckpoints({ name: 'elsewhere' }).list()).toEqual([])
})

test('the list is oldest first, and what is removed is gone from it', async () => {
  const store = indexedDbCheckpoints({ name: 'listed' })
  const older = { ...checkpoint, key: 'older', initiated: '2025-01-01T00:00:00.000Z' }
  for (const one of [checkpoint, older]) await (await store.open(one)).save(one)
  expect(await store.list()).toEqual([older, checkpoint])
  await (await store.open(older)).remove()
  expect(await store.list()).toEqual([checkpoint])
})

test('what another version wrote is not used, and the reason told', async () => {
  const store = indexedDbCheckpoints({ name: 'other version' })
  const slot = await store.open(identity)
  await slot.save({ ...checkpoint, format: 2 as 1 })
  expect(await store.open(identity)).toMatchObject({
    checkpoint: undefined,
    ignored: 'The checkpoint has format 2, and we know 1.',
  })
  expect(await store.list()).toEqual([])
})
