import { expect, test } from 'vitest'
import { signatureV4 } from './v4.ts'

const scope = { date: '20260131', region: 'cn-hangzhou', product: 'oss' }

test('a signing key that is remembered is of one secret, day, region and product', () => {
  const asks = [
    () => signatureV4('secret', scope, 'text'),
    () => signatureV4('secret2', scope, 'text'),
    () => signatureV4('secret', { ...scope, date: '20260201' }, 'text'),
    () => signatureV4('secret', { ...scope, region: 'cn-beijing' }, 'text'),
    () => signatureV4('secret', { ...scope, product: 'sts' }, 'text'),
    () => signatureV4('secret', { ...scope, region: '', product: 'cn-hangzhouoss' }, 'text'),
    () => signatureV4('secret', scope, 'text2'),
  ]
  const first = asks.map((ask) => ask())
  expect(new Set(first).size).toBe(asks.length)
  expect(asks.map((ask) => ask())).toEqual(first)
})

test('signatures stay the same after more days than are remembered', () => {
  const before = signatureV4('secret', scope, 'text')
  for (let day = 0; day < 250; day += 1) {
    signatureV4('secret', { ...scope, date: String(20_270_000 + day) }, 'text')
  }
  expect(signatureV4('secret', scope, 'text')).toBe(before)
})
