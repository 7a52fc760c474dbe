import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { encryption: '' }

const rule = (algorithm: string, more = ''): string =>
  `<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>${algorithm}</SSEAlgorithm>${more}</ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>`

describe('PutBucketEncryption', () => {
  it.each([
    ['AES256', ''],
    ['SM4', ''],
    ['KMS', ''],
    ['KMS', '<KMSMasterKeyID></KMSMasterKeyID>'],
    ['KMS', '<KMSDataEncryption>SM4</KMSDataEncryption><KMSMasterKeyID>any</KMSMasterKeyID>'],
  ])('takes %s%s, and GetBucketInfo tells it', async (algorithm, more) => {
    const body = rule(algorithm, more)
    expect((await service.call({ method: 'PUT', bucket, query, body })).status).toBe(200)
    const info = await service.call({ method: 'GET', bucket, query: { bucketInfo: '' } })
    expect(elementOf(info.text, 'SSEAlgorithm')).toBe(algorithm)
    expect(info.text.includes('<KMSMasterKeyID>any</KMSMasterKeyID>')).toBe(more.includes('any'))
  })

  it.each([
    ['no body', ``, 'MalformedXML'],
    ['a rule that is empty', `<ServerSideEncryptionRule/>`, 'MalformedXML'],
    [
      'an unknown algorithm',
      `<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES128</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>`,
      'InvalidEncryptionAlgorithmError',
    ],
    [
      'a key id for AES256',
      `<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>any</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>`,
      'InvalidArgument',
    ],
    [
      'SM4 data under AES256',
      `<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm><KMSDataEncryption>SM4</KMSDataEncryption></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>`,
      'InvalidArgument',
    ],
  ])('refuses %s', async (_, body, code) => {
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, code])
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, query })
})
