import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { requestPayment: '' }

describe('PutBucketRequestPayment', () => {
  it.each(['Requester', 'BucketOwner'])('lets the %s pay', async (payer) => {
    const body = `<RequestPaymentConfiguration><Payer>${payer}</Payer></RequestPaymentConfiguration>`
    expect((await service.call({ method: 'PUT', bucket, query, body })).status).toBe(200)
    const { text } = await service.call({ method: 'GET', bucket, query })
    expect(elementOf(text, 'Payer')).toBe(payer)
  })

  it.each([
    ['no body', ``, 'MalformedXML'],
    [
      'anybody else',
      `<RequestPaymentConfiguration><Payer>Nobody</Payer></RequestPaymentConfiguration>`,
      'MalformedXML',
    ],
  ])('refuses %s', async (_, body, code) => {
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, code])
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, query })
})
