/** Sums of what cannot be read twice. */

import { loadHasher, type MakeHasher } from '@lading/protocol'
import { expect, test } from 'vitest'
import { toHttpBody } from '../body.ts'
import { provable } from './prove.ts'

async function* chunks(): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(1)
  yield Uint8Array.of(2)
}

/** Hashers, and how many of them still hold memory. */
async function counted() {
  const make = await loadHasher()
  const held = new Set<object>()
  const hashers = async (): Promise<MakeHasher> => () => {
    const hasher = make()
    held.add(hasher)
    return {
      update: (chunk) => hasher.update(chunk),
      finish: () => hasher.finish(),
      abandon() {
        hasher.abandon()
        held.delete(hasher)
      },
    }
  }
  return { hashers, held }
}

test('a stream that is left in the middle holds no memory of the hasher', async () => {
  const { hashers, held } = await counted()
  const { body } = await provable(toHttpBody(chunks()), hashers, {})
  for await (const _ of body.open()) {
    expect(held.size).toBe(1)
    break
  }
  expect(held.size).toBe(0)
})

test('a stream that was sent and refused holds none either', async () => {
  const { hashers, held } = await counted()
  const { body } = await provable(toHttpBody(chunks()), hashers, {})
  for await (const _ of body.open());
  expect(held.size).toBe(0)
})

test('success that is told before all bytes were sent is none', async () => {
  const { hashers } = await counted()
  const { prove } = await provable(toHttpBody(chunks()), hashers, {})
  await expect(prove('object', new Map([['etag', '"00"']]))).rejects.toMatchObject({
    name: 'IntegrityError',
    message: expect.stringContaining('before it had all'),
  })
})
