import { expect, test } from 'vitest'
import { readPostClaim, verifyPostPolicy } from './post-policy.ts'
import { signPostPolicyV1, signPostPolicyV4 } from './sign-post-policy.ts'

const credentials = { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' }
const policy = { expiration: '2030-01-01T00:00:00.000Z', conditions: [{ bucket: 'films' }] }

test.each([
  ['V1', signPostPolicyV1(policy, credentials)],
  [
    'V4',
    signPostPolicyV4(policy, credentials, {
      region: 'cn-hangzhou',
      now: new Date('2029-12-31T23:00:00Z'),
    }),
  ],
])('a policy signed by %s is taken for the signer’s, and no other is', (_, fields) => {
  const lower = Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value] as const)
  const claim = readPostClaim(new Map(lower))
  expect(claim?.claim.accessKeyId).toBe('id')
  expect(claim && verifyPostPolicy(claim, 'secret')).toBe(true)
  expect(claim && verifyPostPolicy(claim, 'another')).toBe(false)
  const signed = JSON.parse(Buffer.from(fields.policy ?? '', 'base64').toString())
  expect(signed.conditions).toContainEqual({ bucket: 'films' })
  expect(signed.conditions).toContainEqual({ 'x-oss-security-token': 'token' })
})
