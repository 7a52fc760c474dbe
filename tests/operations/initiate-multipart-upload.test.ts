import { describe, expect, it } from 'vitest'
import { completeBody, elementOf } from '../support/oss-wire.ts'
import { initiate, putPart } from './multipart.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { uploads: '' }

function tags(count: number): string {
  return Array.from({ length: count }, (_, index) => `k${index}=v`).join('&')
}

describe('InitiateMultipartUpload', () => {
  it('answers an upload id of its own for each, in XML without a namespace', async () => {
    const request = { method: 'POST', bucket, key: 'a&b', query }
    const answers = [await service.call(request), await service.call(request)]
    for (const { status, headers, text } of answers) {
      expect([status, headers.get('content-type')]).toEqual([200, 'application/xml'])
      expect([elementOf(text, 'Bucket'), elementOf(text, 'Key')]).toEqual([bucket, 'a&amp;b'])
      expect(elementOf(text, 'UploadId')).toMatch(/^[0-9A-F]{32}$/)
      expect(text).not.toContain('xmlns')
    }
    const [first, second] = answers.map(({ text }) => elementOf(text, 'UploadId'))
    expect(first).not.toBe(second)
  })

  it('encodes the key on request', async () => {
    const encoding = { ...query, 'encoding-type': 'url' }
    const key = 'a b/\x01'
    const { text } = await service.call({ method: 'POST', bucket, key, query: encoding })
    expect([elementOf(text, 'EncodingType'), elementOf(text, 'Key')]).toEqual([
      'url',
      'a%20b%2F%01',
    ])
  })

  it('keeps what the object will be besides its bytes, and touches no object before', async () => {
    const key = 'kept'
    await service.call({ method: 'PUT', bucket, key, body: 'earlier' })
    const kept = {
      'content-type': 'text/plain; charset=gbk',
      'cache-control': 'no-cache',
      'content-disposition': 'attachment',
      'content-encoding': 'br',
      'content-language': 'zh',
      expires: '2022-10-12T00:00:00.000Z',
      'x-oss-meta-author': 'alice',
      'x-oss-storage-class': 'IA',
    }
    const said = { ...kept, 'x-oss-tagging': 'a=1&b=', 'x-oss-object-acl': 'private' }
    const upload = await initiate(service, bucket, key, said)
    const earlier = await service.call({ method: 'GET', bucket, key })
    expect(earlier.text).toBe('earlier')
    const part = await putPart(service, upload, 1, 'later')
    const etag = part.headers.get('etag')?.replaceAll('"', '') ?? ''
    const body = completeBody([[1, etag]])
    const { uploadId } = upload
    await service.call({ method: 'POST', bucket, key, query: { uploadId }, body })
    const { headers } = await service.call({ method: 'HEAD', bucket, key })
    for (const [name, value] of Object.entries(kept)) expect(headers.get(name)).toBe(value)
    expect(headers.get('x-oss-tagging-count')).toBe('2')
    const acl = await service.call({ method: 'GET', bucket, key, query: { acl: '' } })
    expect(elementOf(acl.text, 'Grant')).toBe('private')
  })

  it('takes the MD5 of the body that is not there, and a condition, which is for readers', async () => {
    const headers = {
      'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==',
      'if-modified-since': 'Wed, 28 Dec 2022 10:27:41 GMT',
    }
    const answer = await service.call({ method: 'POST', bucket, key: 'k', query, headers })
    expect(answer.status).toBe(200)
  })

  it.each([
    ['a wrong Content-MD5', { 'content-md5': 'JfnnlDI7RTiF9RgfG2JNCw==' }, 'k', 'InvalidDigest'],
    ['a storage class that is none', { 'x-oss-storage-class': 'Warm' }, 'k', 'InvalidArgument'],
    ['metadata beyond 8 KiB', { 'x-oss-meta-a': 'x'.repeat(8192) }, 'k', 'MetadataTooLarge'],
    [
      'encryption that is none',
      { 'x-oss-server-side-encryption': 'ROT13' },
      'k',
      'InvalidEncryptionAlgorithmError',
    ],
    ['more than ten tags', { 'x-oss-tagging': tags(11) }, 'k', 'InvalidTag'],
    ['a tag without a key', { 'x-oss-tagging': '=a' }, 'k', 'InvalidTag'],
    ['an ACL that there is not', { 'x-oss-object-acl': 'public' }, 'k', 'InvalidArgument'],
    ['a key of 1,024 bytes', {}, 'k'.repeat(1024), 'InvalidObjectName'],
    ['a key that begins with a backslash', {}, '\\k', 'InvalidObjectName'],
  ])('refuses %s', async (_, headers, key, code) => {
    const answer = await service.call({
      method: 'POST',
      bucket,
      key,
      query,
      headers: { ...headers },
    })
    expect([answer.status, answer.code]).toEqual([400, code])
  })

  it('refuses under x-oss-forbid-overwrite when the object is there already', async () => {
    await service.call({ method: 'PUT', bucket, key: 'there' })
    const headers = { 'x-oss-forbid-overwrite': 'true' }
    const answer = await service.call({ method: 'POST', bucket, key: 'there', query, headers })
    expect([answer.status, answer.code]).toEqual([409, 'FileAlreadyExists'])
  })

  itRefusesStrangers(service, { method: 'POST', bucket, key: 'k', query })
})
