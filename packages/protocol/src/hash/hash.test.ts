import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type * as contract from '#hash'
import { fromHex, toHex } from '../headers.ts'
import * as node from './node.ts'
import * as web from './web.ts'

const bytes = fc.uint8Array({ maxLength: 300 })
const ascii = (text: string) => new TextEncoder().encode(text)

const platforms: readonly (readonly [name: string, hash: typeof contract])[] = [
  ['node', node],
  ['web', web],
]

describe.each(platforms)('%s', (_, hash) => {
  test('MD5 of "message digest" is that of RFC 1321', () => {
    expect(toHex(hash.md5(ascii('message digest')))).toBe('F96B697D7CB7938D525A2F31AAF161D0')
  })

  test('SHA-256 of "abc" is that of FIPS 180-2', () => {
    expect(toHex(hash.sha256(ascii('abc')))).toBe(
      'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD',
    )
  })

  test('HMAC-SHA-1 with a key longer than a block is that of RFC 2202, case 6', () => {
    const mac = hash.hmacSha1(
      fromHex('AA'.repeat(80)),
      ascii('Test Using Larger Than Block-Size Key - Hash Key First'),
    )
    expect(toHex(mac)).toBe('AA4AE5E15272D00E95705637CE8A3B55ED402112')
  })

  test('HMAC-SHA-256 is that of RFC 4231, case 2', () => {
    const mac = hash.hmacSha256(ascii('Jefe'), ascii('what do ya want for nothing?'))
    expect(toHex(mac)).toBe('5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843')
  })

  test('a next turn comes after the promises that are settled by now', async () => {
    const order: string[] = []
    const turned = new Promise<void>((resolve) => {
      hash.nextTurn(() => {
        order.push('turn')
        resolve()
      })
    })
    await Promise.resolve().then(() => order.push('promise'))
    order.push('after it')
    await turned
    expect(order).toEqual(['promise', 'after it', 'turn'])
  })

  test('bytes are equal when each is, and only then', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (left, at, change) => {
        const right = Uint8Array.from(left)
        expect(hash.equalInConstantTime(left, right)).toBe(true)
        expect(hash.equalInConstantTime(left, Uint8Array.from([...left, 0]))).toBe(false)
        if (left.length === 0) return
        const index = at % left.length
        right[index] = (right[index] ?? 0) ^ change
        expect(hash.equalInConstantTime(left, right)).toBe(false)
      }),
    )
  })
})

test('both platforms agree on every hash of any bytes', () => {
  fc.assert(
    fc.property(bytes, bytes, (key, text) => {
      expect(toHex(web.md5(text))).toBe(toHex(node.md5(text)))
      expect(toHex(web.sha256(text))).toBe(toHex(node.sha256(text)))
      expect(toHex(web.hmacSha1(key, text))).toBe(toHex(node.hmacSha1(key, text)))
      expect(toHex(web.hmacSha256(key, text))).toBe(toHex(node.hmacSha256(key, text)))
    }),
  )
})
