import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBeginning } from './beginning.ts'

async function* cut(chunks: readonly Uint8Array[], ended: () => void): AsyncGenerator<Uint8Array> {
  // One buffer for all, as a source may do it.
  const buffer = new Uint8Array(100)
  try {
    for (const chunk of chunks) {
      buffer.set(chunk)
      yield buffer.subarray(0, chunk.length)
    }
  } finally {
    ended()
  }
}

test('gives all of a short stream, and loses nothing of a longer one', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(chunks, fc.nat(300), async (chunks, limit) => {
      const all = Buffer.concat(chunks)
      const beginning = await readBeginning(
        cut(chunks, () => {}),
        limit,
      )
      expect(beginning.kind).toBe(all.length <= limit ? 'whole' : 'more')
      const given: Uint8Array[] = []
      if (beginning.kind === 'whole') given.push(beginning.bytes)
      else for await (const chunk of beginning.bytes) given.push(chunk.slice())
      expect(Buffer.concat(given).equals(all)).toBe(true)
    }),
  )
})

test('a stream that is not read on is ended, also before its first chunk is taken', async () => {
  let ended = 0
  const source = cut([new Uint8Array(60), new Uint8Array(60)], () => {
    ended += 1
  })
  const beginning = await readBeginning(source, 50)
  if (beginning.kind !== 'more') throw new Error('There are more.')
  expect(ended).toBe(0)
  await beginning.bytes.return?.()
  expect(ended).toBe(1)
})
