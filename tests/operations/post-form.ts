/** Forms as browsers send them, and the policies that their fields carry. */

import { createHmac } from 'node:crypto'
import type { Credentials } from '@lading/protocol'
import type { ServiceAnswer, TestService } from './service.ts'

export const BOUNDARY = '----WebKitFormBoundary7MA4YWxkTrZu0gW'

export interface FormFile {
  readonly name?: string
  readonly type?: string
  readonly content?: string | Uint8Array
}

export function formBody(fields: Readonly<Record<string, string>>, file: FormFile = {}): Buffer {
  const { name = 'a b.txt', type = 'text/plain', content = '123456789' } = file
  return Buffer.concat([
    ...Object.entries(fields).map(([field, value]) =>
      Buffer.from(
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
      ),
    ),
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n${
        type === '' ? '' : `Content-Type: ${type}\r\n`
      }\r\n`,
    ),
    Buffer.from(content),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ])
}

export function encodePolicy(
  conditions: readonly unknown[],
  expiration = '2099-01-01T00:00:00.000Z',
): string {
  return Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64')
}

/** The fields that prove who signed `policy`. */
export function signPolicy(
  policy: string,
  by: Credentials,
  scheme: 'v1' | 'v4',
  now = new Date(),
): Record<string, string> {
  const token: Record<string, string> = by.securityToken
    ? { 'x-oss-security-token': by.securityToken }
    : {}
  if (scheme === 'v1') {
    const signature = createHmac('sha1', by.accessKeySecret).update(policy).digest('base64')
    return { OSSAccessKeyId: by.accessKeyId, policy, Signature: signature, ...token }
  }
  const date = `${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
  const scope = [date.slice(0, 8), 'cn-hangzhou', 'oss', 'aliyun_v4_request']
  let key: Buffer | string = `aliyun_v4${by.accessKeySecret}`
  for (const step of scope) key = createHmac('sha256', key).update(step).digest()
  return {
    policy,
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': [by.accessKeyId, ...scope].join('/'),
    'x-oss-date': date,
    'x-oss-signature': createHmac('sha256', key).update(policy).digest('hex'),
    ...token,
  }
}

/** Sends a form, with nothing but its own fields to prove who sends it. */
export function post(
  service: TestService,
  bucket: string,
  fields: Readonly<Record<string, string>>,
  file?: FormFile,
): Promise<ServiceAnswer> {
  return service.call({
    method: 'POST',
    bucket,
    as: 'anonymous',
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: formBody(fields, file),
  })
}
