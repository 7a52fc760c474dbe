import { Agent, request } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { BOUNDARY, encodePolicy, type FormFile, formBody, post, signPolicy } from './post-form.ts'
import { type ServiceAnswer, startTestService } from './service.ts'

const now = new Date('2026-06-01T12:00:00.000Z')
const service = await startTestService({ now: () => now })
const bucket = await service.makeBucket()
const open = await service.makeBucket({ headers: { 'x-oss-acl': 'public-read-write' } })

/** Sends a form whose policy has these conditions. */
function postUnder(
  conditions: readonly unknown[],
  fields: Readonly<Record<string, string>> = {},
  { file, scheme = 'v4' }: { file?: FormFile; scheme?: 'v1' | 'v4' } = {},
): Promise<ServiceAnswer> {
  const signed = signPolicy(encodePolicy(conditions), service.credentials, scheme, now)
  return post(service, bucket, { key: 'posted', ...fields, ...signed }, file)
}

const get = (key: string, at = bucket): Promise<ServiceAnswer> =>
  service.call({ method: 'GET', bucket: at, key })

describe('PostObject', () => {
  it.each(['v1', 'v4'] as const)('stores the file under a policy signed by %s', async (scheme) => {
    const answer = await postUnder([{ bucket }], { key: `by-${scheme}` }, { scheme })
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(answer.headers.get('etag')).toBe('"25F9E794323B453885F5181F1B624D0B"')
    expect(answer.headers.get('x-oss-hash-crc64ecma')).toBe('11051210869376104954')
    const stored = await get(`by-${scheme}`)
    expect([stored.status, stored.text]).toEqual([200, '123456789'])
    expect(stored.headers.get('content-type')).toBe('text/plain')
    expect(stored.headers.get('x-oss-object-type')).toBe('Normal')
  })

  it('takes the name of the file into the key, and never a directory of it', async () => {
    const file = { name: 'C:\\my documents\\$& 中.txt' }
    await postUnder([], { key: `user/$${'{'}filename}` }, { file })
    expect((await get('user/$& 中.txt')).status).toBe(200)
  })

  it('keeps the headers, the metadata, the tags and the storage class of the form', async () => {
    await postUnder([], {
      key: 'described',
      'Cache-Control': 'no-cache',
      'Content-Disposition': 'attachment',
      'x-oss-content-type': 'image/png',
      'Content-Type': 'image/jpg',
      'x-oss-meta-Author': 'ü',
      'x-oss-storage-class': 'IA',
      'x-oss-tagging': 'k=v',
      'x-oss-object-acl': 'private',
    })
    const { headers } = await service.call({ method: 'HEAD', bucket, key: 'described' })
    const expected = {
      'cache-control': 'no-cache',
      'content-disposition': 'attachment',
      'content-type': 'image/png',
      'x-oss-meta-author': Buffer.from('ü').toString('latin1'),
      'x-oss-storage-class': 'IA',
      'x-oss-tagging-count': '1',
    }
    for (const [name, value] of Object.entries(expected)) expect(headers.get(name)).toBe(value)
    const acl = await service.call({ method: 'GET', bucket, key: 'described', query: { acl: '' } })
    expect(elementOf(acl.text, 'Grant')).toBe('private')
  })

  it('answers the status that the form asks for, and 201 with what was stored', async () => {
    expect((await postUnder([], { success_action_status: '200' })).status).toBe(200)
    expect((await postUnder([], { success_action_status: '302' })).status).toBe(204)
    const made = await postUnder([], { success_action_status: '201', key: 'a b' })
    expect(made.status).toBe(201)
    expect(elementOf(made.text, 'Bucket')).toBe(bucket)
    expect(elementOf(made.text, 'Key')).toBe('a b')
    expect(elementOf(made.text, 'Location')).toBe(`${service.url}/${bucket}/a%20b`)
    expect(elementOf(made.text, 'ETag')).toContain('25F9E794323B453885F5181F1B624D0B')
  })

  it('sends the browser on where the form says so, and only to a page of the web', async () => {
    const next = 'https://example.com/done?x=1'
    const moved = await postUnder([], { success_action_redirect: next, key: 'a&b' })
    expect(moved.status).toBe(303)
    const location = new URL(moved.headers.get('location') ?? '')
    expect(location.origin + location.pathname).toBe('https://example.com/done')
    expect(Object.fromEntries(location.searchParams)).toEqual({
      x: '1',
      bucket,
      key: 'a&b',
      etag: '"25F9E794323B453885F5181F1B624D0B"',
    })
    const script = await postUnder([], { success_action_redirect: 'javascript:alert(1)' })
    expect([script.status, script.headers.get('location')]).toEqual([204, null])
  })

  it('replaces nothing under x-oss-forbid-overwrite', async () => {
    const fields = { key: 'once', 'x-oss-forbid-overwrite': 'true' }
    expect((await postUnder([], fields)).status).toBe(204)
    const second = await postUnder([], fields)
    expect([second.status, second.code]).toEqual([409, 'FileAlreadyExists'])
  })

  it('takes a file of several MiB, an empty one, and one without name or type', async () => {
    const content = Buffer.alloc(5 * 1024 * 1024 + 1, '\r\n--')
    await postUnder([], { key: 'large' }, { file: { content } })
    expect((await get('large')).bytes.equals(content)).toBe(true)
    await postUnder([], { key: 'empty' }, { file: { content: '', name: '', type: '' } })
    const empty = await get('empty')
    expect([empty.status, empty.bytes.length]).toEqual([200, 0])
    expect(empty.headers.get('content-type')).toBe('application/octet-stream')
  })

  it('is anonymous without a signature, and then only for those buckets that all may write', async () => {
    expect((await post(service, open, { key: 'anonymous' })).status).toBe(204)
    const refused = await post(service, bucket, { key: 'anonymous' })
    expect([refused.status, refused.code]).toEqual([403, 'AccessDenied'])
    expect((await get('anonymous')).status).toBe(404)
    const policy = encodePolicy([{ key: 'another' }])
    const unsigned = await post(service, open, { key: 'anonymous', policy })
    expect([unsigned.status, unsigned.code]).toEqual([403, 'AccessDenied'])
  })

  it.each(['v1', 'v4'] as const)(
    'may be signed as a request, by %s and in the query too',
    async (signature) => {
      for (const presigned of [false, true]) {
        const answer = await service.call({
          method: 'POST',
          bucket,
          headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
          body: formBody({ key: `request-${signature}` }),
          presigned,
          signature,
        })
        expect(answer.status).toBe(204)
      }
    },
  )

  it('tells a missing bucket before it looks at the form', async () => {
    const missing = await post(service, 'no-such-bucket', { key: 'k' })
    expect([missing.status, missing.code, missing.ec]).toEqual([
      404,
      'NoSuchBucket',
      '0015-00000101',
    ])
  })
})

describe('the conditions of a policy', () => {
  const length = ['content-length-range', 1, 9] as const
  const holding: [string, unknown, Record<string, string>?, FormFile?][] = [
    ['an object of names and values', { bucket, KEY: 'posted' }],
    ['eq', ['eq', '$key', 'posted']],
    ['eq of a name in other letters', ['EQ', '$Key', 'posted']],
    ['starts-with', ['starts-with', '$key', 'po']],
    ['starts-with nothing', ['starts-with', '$x-oss-meta-none', '']],
    ['in', ['in', '$key', ['a', 'posted']]],
    ['not-in', ['not-in', '$key', ['a', 'b']]],
    ['an extra field', { fileName: '"}]//' }, { filename: '"}]//' }],
    ['the type of the file', ['in', '$content-type', ['image/jpg']], {}, { type: 'image/jpg' }],
    ['the type of the form', ['eq', '$content-type', 'a/b'], { 'Content-Type': 'a/b' }],
    [
      'the status to answer',
      ['eq', '$success_action_status', '200'],
      { success_action_status: '200' },
    ],
    ['a length in its range', length],
    ['a length in text', ['content-length-range', '9', '9']],
    ['what the signature says', { 'x-oss-signature-version': 'OSS4-HMAC-SHA256' }],
  ]
  it.each(holding)('hold: %s', async (_, condition, fields = {}, file = {}) => {
    const answer = await postUnder([condition], fields, { file })
    expect([200, 204]).toContain(answer.status)
  })

  const failing: [string, unknown, string, Record<string, string>?, FormFile?][] = [
    ['another bucket', { bucket: 'another' }, 'AccessDenied'],
    ['the bucket in other letters', { bucket: bucket.toUpperCase() }, 'AccessDenied'],
    ['another key', ['eq', '$key', 'other'], 'AccessDenied'],
    ['another beginning', ['starts-with', '$key', 'user/'], 'AccessDenied'],
    ['a key not in the list', ['in', '$key', ['a', 'b']], 'AccessDenied'],
    ['a key in the list', ['not-in', '$key', ['a', 'posted']], 'AccessDenied'],
    ['a field that is not there', { fileName: 'a' }, 'AccessDenied'],
    ['another type of the file', ['in', '$content-type', ['image/jpg']], 'AccessDenied'],
    [
      'a type that is not the one stored',
      ['eq', '$content-type', 'image/jpg'],
      'AccessDenied',
      { 'Content-Type': 'image/jpg', 'x-oss-content-type': 'text/html' },
    ],
    [
      'a header that is excluded, with blanks around it',
      ['not-in', '$x-oss-object-acl', ['public-read']],
      'AccessDenied',
      { 'x-oss-object-acl': ' public-read ' },
    ],
    [
      'a type that is excluded, with blanks around it',
      ['not-in', '$content-type', ['text/html']],
      'AccessDenied',
      { 'Content-Type': ' text/html' },
    ],
    ['a file too long', ['content-length-range', 0, 8], 'EntityTooLarge'],
    ['a file too short', ['content-length-range', 10, 20], 'EntityTooSmall'],
    ['an operator that is none', ['ends-with', '$key', 'd'], 'InvalidPolicyDocument'],
    ['a name without $', ['eq', 'key', 'posted'], 'InvalidPolicyDocument'],
    ['a value that is no text', ['eq', '$key', 1], 'InvalidPolicyDocument'],
    ['a range that is none', ['content-length-range', 9, 1], 'InvalidPolicyDocument'],
    ['a number', 7, 'InvalidPolicyDocument'],
  ]
  it.each(failing)(
    'fail, and nothing is stored: %s',
    async (_, condition, code, fields = {}, file) => {
      await service.call({ method: 'DELETE', bucket, key: 'posted' })
      const answer = await postUnder([condition], fields, file ? { file } : {})
      expect([answer.status, answer.code]).toEqual([code === 'AccessDenied' ? 403 : 400, code])
      if (code === 'AccessDenied') expect(answer.text).toContain('Policy Condition failed: ')
      expect((await get('posted')).status).toBe(404)
    },
  )

  it('fail once the policy has expired', async () => {
    const policy = encodePolicy([], '2026-06-01T12:00:00.000Z')
    const fields = signPolicy(policy, service.credentials, 'v4', now)
    const answer = await post(service, bucket, { key: 'late', ...fields })
    expect([answer.status, answer.code]).toEqual([403, 'AccessDenied'])
    expect(answer.text).toContain('Invalid according to Policy: Policy expired.')
  })

  it.each([
    ['what is not Base64', '{}'],
    ['what is not JSON', Buffer.from('{').toString('base64')],
    ['a list', Buffer.from('[]').toString('base64')],
    ['no expiration', Buffer.from('{"conditions":[]}').toString('base64')],
    ['a date that is none', encodePolicy([], 'tomorrow')],
    ['no conditions', Buffer.from('{"expiration":"2099-01-01T00:00:00Z"}').toString('base64')],
  ])('are no policy: %s', async (_, policy) => {
    const fields = signPolicy(policy, service.credentials, 'v1')
    const answer = await post(service, bucket, { key: 'k', ...fields })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidPolicyDocument'])
  })
})

describe('a form is refused', () => {
  const policy = encodePolicy([])
  const signed = signPolicy(policy, service.credentials, 'v4', now)
  const stranger = { accessKeyId: 'unknown', accessKeySecret: 'unknown' }
  const forger = { ...service.credentials, accessKeySecret: 'wrong' }
  const refusals: [string, Record<string, string>, number, string][] = [
    ['without a key', signed, 400, 'InvalidArgument'],
    ['with what is no key', { key: '/a', ...signed }, 400, 'InvalidObjectName'],
    [
      'of a stranger',
      { key: 'k', ...signPolicy(policy, stranger, 'v1') },
      403,
      'InvalidAccessKeyId',
    ],
    [
      'with a wrong secret, by V1',
      { key: 'k', ...signPolicy(policy, forger, 'v1') },
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'with a wrong secret, by V4',
      { key: 'k', ...signPolicy(policy, forger, 'v4', now) },
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'with another policy than was signed',
      { key: 'k', ...signed, policy: encodePolicy([{ key: 'k' }]) },
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'with a token that is none',
      { key: 'k', ...signed, 'x-oss-security-token': 'none' },
      403,
      'InvalidSecurityToken',
    ],
    ['without its policy', { key: 'k', ...signed, policy: '' }, 400, 'InvalidArgument'],
    [
      'signed twice',
      { key: 'k', ...signed, ...signPolicy(policy, service.credentials, 'v1') },
      400,
      'InvalidArgument',
    ],
    [
      'for another region',
      {
        key: 'k',
        ...signed,
        'x-oss-credential': `${service.credentials.accessKeyId}/20260601/eu-west-1/oss/aliyun_v4_request`,
      },
      400,
      'InvalidArgument',
    ],
    [
      'with the date of another day',
      { key: 'k', ...signed, 'x-oss-date': '20260602T000000Z' },
      400,
      'InvalidArgument',
    ],
    [
      'with two lines in a header',
      { key: 'k', ...signed, 'x-oss-meta-a': 'a\r\nb: c' },
      400,
      'InvalidArgument',
    ],
    [
      'with a storage class that is none',
      { key: 'k', ...signed, 'x-oss-storage-class': 'Warm' },
      400,
      'InvalidArgument',
    ],
    [
      'with an MD5 of other bytes',
      { key: 'k', ...signed, 'Content-MD5': 'SzpiGLs+OnMD6KFxpg/Pkg==' },
      400,
      'InvalidDigest',
    ],
  ]
  it.each(refusals)('%s', async (_, fields, status, code) => {
    const answer = await post(service, bucket, fields)
    expect([answer.status, answer.code]).toEqual([status, code])
    expect((await get('k')).status).toBe(404)
    // The way in is free for the next one.
    expect((await post(service, open, { key: 'next' })).status).toBe(204)
  })

  it.each([
    ['that is no form', 'text/plain', 'x', 'RequestIsNotMultiPartContent'],
    ['without a boundary', 'multipart/form-data', 'x', 'MalformedPOSTRequest'],
    [
      'that does not end',
      `multipart/form-data; boundary=${BOUNDARY}`,
      formBody({ key: 'k' }).subarray(0, -10),
      'MalformedPOSTRequest',
    ],
    [
      'without a file',
      `multipart/form-data; boundary=${BOUNDARY}`,
      `--${BOUNDARY}--\r\n`,
      'IncorrectNumberOfFilesInPOSTRequest',
    ],
  ])('%s', async (_, contentType, body, code) => {
    const headers = { 'content-type': contentType }
    const request = { method: 'POST', bucket: open, headers, as: 'anonymous' } as const
    const answer = await service.call({ ...request, body })
    expect([answer.status, answer.code]).toEqual([400, code])
    expect((await get('k', open)).status).toBe(404)
  })
})

it('leaves the connection of a refused form to the next request', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const send = (fields: Record<string, string>): Promise<readonly [number | undefined, boolean]> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(service.url)
      const outgoing = request({
        hostname,
        port,
        agent,
        method: 'POST',
        path: `/${open}`,
        headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
      })
      outgoing.on('error', reject)
      outgoing.on('response', (answer) => {
        answer.resume().on('end', () => resolve([answer.statusCode, outgoing.reusedSocket]))
      })
      outgoing.end(formBody(fields, { content: Buffer.alloc(1024 * 1024) }))
    })
  expect(await send({})).toEqual([400, false])
  for (let time = 0; time < 20; time += 1) expect(await send({})).toEqual([400, true])
  expect(await send({ key: 'k' })).toEqual([204, true])
})

it('is judged by policies of the bucket as its fields have it', async () => {
  const guarded = await service.makeBucket()
  const statement = {
    Effect: 'Deny',
    Principal: ['*'],
    Action: ['oss:PutObjectAcl'],
    Resource: [`acs:oss:*:*:${guarded}/*`],
    Condition: { StringEquals: { 'oss:x-oss-object-acl': ['public-read'] } },
  }
  const put = await service.call({
    method: 'PUT',
    bucket: guarded,
    query: { policy: '' },
    body: JSON.stringify({ Version: '1', Statement: [statement] }),
  })
  expect([put.status, put.text]).toEqual([200, ''])
  const send = (acl: string): Promise<ServiceAnswer> => {
    const signed = signPolicy(encodePolicy([]), service.credentials, 'v4', now)
    return post(service, guarded, { key: acl, 'x-oss-object-acl': acl, ...signed })
  }
  expect((await send('private')).status).toBe(204)
  const refused = await send('public-read')
  expect([refused.status, refused.code]).toEqual([403, 'AccessDenied'])
})

describe('a callback of a form', () => {
  it('is refused before anything is stored when it makes no sense', async () => {
    const answer = await postUnder([], { key: 'called', callback: 'e30=' })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
    expect((await get('called')).status).toBe(404)
  })

  it('fails where the operator allows no host, and the object is stored', async () => {
    const callback = { callbackUrl: 'http://127.0.0.1:1/', callbackBody: 'x' }
    const encoded = Buffer.from(JSON.stringify(callback)).toString('base64')
    const answer = await postUnder([], { key: 'called', callback: encoded })
    expect([answer.status, answer.code]).toEqual([203, 'CallbackFailed'])
    expect((await get('called')).text).toBe('123456789')
  })
})
