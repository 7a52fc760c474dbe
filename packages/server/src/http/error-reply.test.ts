import { OssError } from '@lading/protocol'
import { describe, expect, it } from 'vitest'
import { errorReply } from './error-reply.ts'

describe('errorReply', () => {
  const refusal = new OssError('ServiceUnavailable', {
    ec: '0010-00000001',
    headers: { 'Retry-After': '7' },
  })
  const context = { requestId: '0'.repeat(24), host: 'oss.example' }

  it('sends the header fields of a refusal beside its document', () => {
    const { status, headers, xml } = errorReply(refusal, { ...context, head: false })
    expect([status, headers]).toEqual([503, { 'Retry-After': '7', 'x-oss-ec': '0010-00000001' }])
    expect(xml).toContain('<Code>ServiceUnavailable</Code>')
  })

  it('puts the document into a header where there is no body', () => {
    const { headers, xml } = errorReply(refusal, { ...context, head: true })
    expect(xml).toBeUndefined()
    expect(headers).toMatchObject({ 'Retry-After': '7' })
    expect(Buffer.from(headers?.['x-oss-err'] ?? '', 'base64').toString()).toContain('<EC>')
  })
})
