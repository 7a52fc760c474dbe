import { describe, expect, test } from 'vitest'
import type { Principal } from '../api/operation.ts'
import { authorize } from './authorize.ts'

const holder = { kind: 'key', names: [], limits: [] } as const
const owner: Principal = { ...holder, accessKeyId: 'a', owner: 'one' }
const other: Principal = { ...holder, accessKeyId: 'b', owner: 'two' }
const anonymous: Principal = { kind: 'anonymous' }

function allowed(
  access: 'read' | 'write' | 'owner',
  principal: Principal,
  acl: string | undefined,
  createsBucket = false,
): boolean {
  try {
    const bucket = acl === undefined ? undefined : { owner: 'one', acl }
    authorize({ access, createsBucket }, principal, bucket)
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'AccessDenied', status: 403 })
    return false
  }
}

describe('a bucket that is', () => {
  test.each([
    ['private', [false, false, false]],
    ['public-read', [true, false, false]],
    ['public-read-write', [true, true, false]],
  ] as const)('%s grants others exactly that', (acl, grants) => {
    for (const principal of [other, anonymous]) {
      const got = (['read', 'write', 'owner'] as const).map((access) =>
        allowed(access, principal, acl),
      )
      expect(got).toEqual(grants)
    }
    expect(allowed('owner', owner, acl)).toBe(true)
  })
})

test('a bucket that is authenticated-read is read by every key, and by nobody without one', () => {
  expect(allowed('read', other, 'authenticated-read')).toBe(true)
  expect(allowed('read', anonymous, 'authenticated-read')).toBe(false)
  expect(allowed('write', other, 'authenticated-read')).toBe(false)
})

test('the service and new buckets are for keys only', () => {
  expect(allowed('owner', other, undefined)).toBe(true)
  expect(allowed('owner', other, 'private', true)).toBe(true)
  expect(allowed('owner', anonymous, undefined)).toBe(false)
  expect(allowed('owner', anonymous, 'public-read-write', true)).toBe(false)
})
