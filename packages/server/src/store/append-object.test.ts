import { expect, test } from 'vitest'
import type { AppendObjectRequest } from './append-object.ts'
import {
  blobIds,
  noAttributes,
  openStore,
  overriding,
  readText,
  refusalOf,
  streamOf,
} from './store-samples.contract.ts'

function asking(text: string, position: number): AppendObjectRequest {
  return {
    bucket: 'photos',
    key: 'log',
    position,
    attributes: () => noAttributes,
    acl: undefined,
    bytes: streamOf(text),
    declaredLength: text.length,
    expected: {},
  }
}

test('an append that comes too late leaves no bytes behind', async () => {
  const opened = await openStore()
  const { store } = opened
  await store.appendObject(asking('first', 0))
  async function* late(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode('late')
    await store.appendObject(asking(' second', 5))
  }
  const losing = store.appendObject({ ...asking('', 5), bytes: late() })
  expect(await refusalOf(losing)).toMatchObject({
    code: 'PositionNotEqualToLength',
    headers: { 'x-oss-next-append-position': '12' },
  })
  expect(await readText(store, 'log')).toBe('first second')
  expect(await blobIds(opened)).toHaveLength(2)
})

test('a wrong position is refused before a byte is read', async () => {
  const { store } = await openStore()
  async function* unread(): AsyncGenerator<Uint8Array> {
    yield expect.fail('The bytes were read.')
  }
  const refusal = await refusalOf(store.appendObject({ ...asking('', 1), bytes: unread() }))
  expect(refusal).toMatchObject({ code: 'PositionNotEqualToLength' })
})

test('what would be larger than 5 GiB is refused, whatever its sender declares', async () => {
  const { store } = await openStore({
    wrapMetadata: (metadata) =>
      overriding(metadata, {
        findObject: async (bucket, key) => {
          const object = await metadata.findObject(bucket, key)
          return object && { ...object, size: 5 * 1024 ** 3 - 1 }
        },
      }),
  })
  await store.appendObject(asking('x', 0))
  const larger = store.appendObject(asking('xx', 5 * 1024 ** 3 - 1))
  expect(await refusalOf(larger)).toMatchObject({ code: 'EntityTooLarge', status: 400 })
})
