import { expect, it } from 'vitest'
import { signRpc, verifyRpc } from './rpc.ts'

// Source: the worked example of "RPC signature", Alibaba Cloud ECS API reference.
const example = [
  ['Timestamp', '2016-02-23T12:46:24Z'],
  ['Format', 'XML'],
  ['AccessKeyId', 'testid'],
  ['Action', 'DescribeRegions'],
  ['SignatureMethod', 'HMAC-SHA1'],
  ['SignatureNonce', '3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf'],
  ['Version', '2014-05-26'],
  ['SignatureVersion', '1.0'],
] as const
const signature = 'OLeaidS1JvxuMvnyHOwuJ+uX5qY='

it('verifies the signature of the published example, in any order of its parameters', () => {
  const signed = [...example, ['Signature', signature] as const]
  expect(verifyRpc('GET', signed, 'testsecret')).toBe(true)
  expect(verifyRpc('GET', [...signed].reverse(), 'testsecret')).toBe(true)
})

it('makes what it verifies, of texts that are hard to encode', () => {
  const key = { accessKeyId: 'id', accessKeySecret: 'secret' }
  const now = new Date('2026-11-22T10:11:12.345Z')
  const signed = signRpc('POST', [['Policy', '{"a": "*~\'()!ü+ %"}']], key, { now, nonce: 'n' })
  expect(signed).toContainEqual(['Timestamp', '2026-11-22T10:11:12Z'])
  expect(verifyRpc('POST', signed, 'secret')).toBe(true)
})

it('refuses another method, another secret, another parameter and no signature', () => {
  const signed = [...example, ['Signature', signature] as const]
  expect(verifyRpc('POST', signed, 'testsecret')).toBe(false)
  expect(verifyRpc('GET', signed, 'testsecret2')).toBe(false)
  expect(verifyRpc('GET', [...signed, ['More', '']], 'testsecret')).toBe(false)
  expect(verifyRpc('GET', signed.slice(1), 'testsecret')).toBe(false)
  expect(verifyRpc('GET', example, 'testsecret')).toBe(false)
})
