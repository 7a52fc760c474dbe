import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { versioning: '' }

describe('PutBucketVersioning', () => {
  it.each(['Enabled', 'Enabled', 'Suspended'])('sets it to %s, also twice', async (status) => {
    const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`
    expect((await service.call({ method: 'PUT', bucket, query, body })).status).toBe(200)
    const { text } = await service.call({ method: 'GET', bucket, query })
    expect(elementOf(text, 'Status')).toBe(status)
    const info = await service.call({ method: 'GET', bucket, query: { bucketInfo: '' } })
    expect(elementOf(info.text, 'Versioning')).toBe(status)
  })

  it.each([
    ['no body', ``, 'MalformedXML'],
    ['no status', `<VersioningConfiguration/>`, 'MalformedXML'],
    [
      'to take it back',
      `<VersioningConfiguration><Status>Disabled</Status></VersioningConfiguration>`,
      'MalformedXML',
    ],
  ])('refuses %s', async (_, body, code) => {
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, code])
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, query })
})
