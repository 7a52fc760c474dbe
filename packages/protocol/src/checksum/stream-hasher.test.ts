import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { vectors } from '../fixtures/crc64.ts'
import { crc64 } from './crc64.ts'
import type { ByteHasher, Sums } from './hasher.ts'
import { loadHasher, loadMd5Hasher } from './stream-hasher.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

function sumsOf(bytes: Uint8Array): Sums {
  const md5 = createHash('md5').update(bytes).digest()
  return { md5, crc64: crc64(bytes), size: bytes.length }
}

async function feed(hasher: ByteHasher, ...chunks: readonly Uint8Array[]): Promise<void> {
  for (const chunk of chunks) await hasher.update(chunk)
}

describe('a hasher of both sums', () => {
  test.each(vectors.strings)('takes those of $input', async ({ input, decimal }) => {
    const make = await loadHasher()
    const hasher = make()
    await feed(hasher, bytesOf(input))
    const sums = await hasher.finish()
    expect(sums).toEqual(sumsOf(bytesOf(input)))
    expect(sums.crc64).toBe(BigInt(decimal))
  })

  test('takes those of no bytes at all, with and without empty chunks', async () => {
    const make = await loadHasher()
    const empty = { md5: createHash('md5').digest(), crc64: 0n, size: 0 }
    expect(await make().finish()).toEqual(empty)
    const hasher = make()
    await feed(hasher, new Uint8Array(0), new Uint8Array(0))
    expect(await hasher.finish()).toEqual(empty)
  })

  test('takes those of chunks longer than what WebAssembly takes at once', async () => {
    const make = await loadHasher()
    const long = Uint8Array.from({ length: 100_003 }, (_, index) => index * 7)
    const hasher = make()
    await feed(hasher, long.subarray(1), long.subarray(0, 1), long)
    const whole = Uint8Array.from([...long.subarray(1), ...long.subarray(0, 1), ...long])
    expect(await hasher.finish()).toEqual(sumsOf(whole))
  })

  test('lets a chunk be reused once its update is done', async () => {
    const make = await loadHasher()
    const busy = make()
    await busy.update(bytesOf('x'))
    const hasher = make()
    const chunk = bytesOf('one')
    await hasher.update(chunk)
    chunk.set(bytesOf('two'))
    await hasher.update(chunk)
    expect(await hasher.finish()).toEqual(sumsOf(bytesOf('onetwo')))
    busy.abandon()
  })

  test('never mixes streams, however many run at once and however they end', async () => {
    const make = await loadHasher()
    const step = fc.record({
      stream: fc.nat(5),
      action: fc.oneof(
        { weight: 8, arbitrary: fc.uint8Array({ maxLength: 50 }) },
        { weight: 2, arbitrary: fc.constant('finish' as const) },
        { weight: 1, arbitrary: fc.constant('abandon' as const) },
      ),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const streams = new Map<number, { hasher: ByteHasher; bytes: number[] }>()
        const close = async (stream: number): Promise<void> => {
          const open = streams.get(stream)
          streams.delete(stream)
          if (open) expect(await open.hasher.finish()).toEqual(sumsOf(Uint8Array.from(open.bytes)))
        }
        for (const { stream, action } of steps) {
          if (action === 'finish') await close(stream)
          else if (action === 'abandon') {
            streams.get(stream)?.hasher.abandon()
            streams.delete(stream)
          } else {
            const open = streams.get(stream) ?? { hasher: make(), bytes: [] }
            streams.set(stream, open)
            await open.hasher.update(action)
            open.bytes.push(...action)
          }
        }
        for (const stream of [...streams.keys()]) await close(stream)
      }),
    )
  })

  test('never mixes streams that start at the same moment', async () => {
    const make = await loadHasher()
    const inputs = Array.from({ length: 40 }, (_, index) => bytesOf(`stream ${index}`))
    const sums = await Promise.all(
      inputs.map(async (bytes) => {
        const hasher = make()
        await feed(hasher, bytes, bytes)
        return hasher.finish()
      }),
    )
    expect(sums).toEqual(inputs.map((bytes) => sumsOf(Uint8Array.from([...bytes, ...bytes]))))
  })

  test('is free at once when an earlier one has ended, and waits for WebAssembly otherwise', async () => {
    const make = await loadHasher()
    const first = make()
    const second = make()
    expect(first.update(bytesOf('a'))).toBeUndefined()
    expect(second.update(new Uint8Array(0))).toBeUndefined()
    const waiting = second.update(bytesOf('b'))
    expect(waiting).toBeInstanceOf(Promise)
    await waiting
    await first.finish()
    second.abandon()
    for (const text of ['c', 'd']) expect(make().update(bytesOf(text))).toBeUndefined()
    const third = make().update(bytesOf('e'))
    expect(third).toBeInstanceOf(Promise)
    await third
  })

  test('holds nothing before its first bytes', async () => {
    const make = await loadHasher()
    for (let count = 0; count < 3; count += 1) make()
    expect(make().update(bytesOf('a'))).toBeUndefined()
  })

  test('gives back what it was waiting for when it is abandoned meanwhile', async () => {
    const make = await loadHasher()
    const first = make()
    await first.update(bytesOf('a'))
    const second = make()
    const waiting = second.update(bytesOf('b'))
    second.abandon()
    await waiting
    const third = make()
    expect(third.update(bytesOf('c'))).toBeUndefined()
    expect(await third.finish()).toEqual(sumsOf(bytesOf('c')))
    expect(await first.finish()).toEqual(sumsOf(bytesOf('a')))
  })
})

describe('a hasher of MD5 alone', () => {
  test('leaves the CRC undefined and never waits', async () => {
    const make = loadMd5Hasher()
    const hashers = [make(), make()]
    for (const hasher of hashers) expect(hasher.update(bytesOf('hello'))).toBeUndefined()
    for (const hasher of hashers) {
      expect(await hasher.finish()).toEqual({ ...sumsOf(bytesOf('hello')), crc64: undefined })
    }
  })
})

describe.each([
  ['both sums', loadHasher],
  ['MD5 alone', async () => loadMd5Hasher()],
])('an ended hasher of %s', (_, load) => {
  test('refuses to go on after finish', async () => {
    const make = await load()
    const hasher = make()
    await hasher.update(bytesOf('a'))
    await hasher.finish()
    expect(() => hasher.update(bytesOf('b'))).toThrow('finished')
    await expect(hasher.finish()).rejects.toThrow('finished')
  })

  test('refuses to go on after abandon', async () => {
    const make = await load()
    const hasher = make()
    await hasher.update(bytesOf('a'))
    hasher.abandon()
    expect(() => hasher.update(bytesOf('b'))).toThrow('finished')
    await expect(hasher.finish()).rejects.toThrow('finished')
  })

  test('may be abandoned after finish, and twice, without harm to later ones', async () => {
    const make = await load()
    const hasher = make()
    await hasher.update(bytesOf('a'))
    const sums = await hasher.finish()
    hasher.abandon()
    hasher.abandon()
    const [second, third] = [make(), make()]
    await second.update(bytesOf('b'))
    await third.update(bytesOf('c'))
    expect(sums.md5).toEqual(sumsOf(bytesOf('a')).md5)
    expect((await second.finish()).md5).toEqual(sumsOf(bytesOf('b')).md5)
    expect((await third.finish()).md5).toEqual(sumsOf(bytesOf('c')).md5)
  })
})

test('an update before the last one is done is refused', async () => {
  const make = await loadHasher()
  const first = make()
  await first.update(bytesOf('a'))
  const second = make()
  const waiting = second.update(bytesOf('b'))
  expect(() => second.update(bytesOf('c'))).toThrow('Wait')
  await expect(second.finish()).rejects.toThrow('Wait')
  await waiting
  expect(await second.finish()).toEqual(sumsOf(bytesOf('b')))
  first.abandon()
})
