/**
 * Requests as the official C SDK 3.11.2 (libcurl 7.88.1) writes them, header for header: both lengths,
 * the encoded slash, names without values, V1 over `Date`. Facts captured from the SDK on loopback.
 */

import { createHmac } from 'node:crypto'
import type { Credentials } from '@lading/protocol'

/** curl's upload buffer, less the room for a chunk's frame. */
const CURL_CHUNK = 0xfff4

/** The signed sub-resources that these tests use; the SDK has more. */
const SIGNED = new Set(['uploads', 'uploadId', 'partNumber', 'acl', 'bucketInfo', 'location'])

export interface CSdkRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly bucket: string
  readonly key?: string
  /** In order; an empty value goes out as a bare name. */
  readonly query?: readonly (readonly [name: string, value: string])[]
  readonly contentType?: string
  readonly body?: Uint8Array
  /** Further `x-oss-*` headers, lower case. */
  readonly ossHeaders?: Readonly<Record<string, string>>
}

export interface CSdkContext {
  readonly port: number
  readonly credentials: Credentials
  /** An endpoint of `localhost` puts the bucket into the Host; an IP address into the path. */
  readonly endpoint: '127.0.0.1' | 'localhost'
}

/** The head of the request, up to and with the blank line. */
export function cSdkHead(
  request: CSdkRequest,
  { port, credentials, endpoint }: CSdkContext,
): string {
  const { method, bucket, key, query = [], contentType, body, ossHeaders = {} } = request
  const resource = key === undefined ? bucket : `${bucket}/${key}`
  const inPath = endpoint === '127.0.0.1' ? resource : (key ?? '')
  const search = query
    .map(([name, value]) => (value === '' ? encode(name) : `${encode(name)}=${encode(value)}`))
    .join('&')
  const date = new Date().toUTCString()
  const signedQuery = query
    .filter(([name]) => SIGNED.has(name))
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join('&')
  // On an IP address the SDK signs a bucket without the slash at its end.
  const canonical = `/${resource}${key === undefined && endpoint === 'localhost' ? '/' : ''}`
  const toSign = [
    method,
    '',
    contentType ?? '',
    date,
    ...Object.entries(ossHeaders)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, value]) => `${name}:${value}`),
    canonical + (signedQuery === '' ? '' : `?${signedQuery}`),
  ].join('\n')
  const signature = createHmac('sha1', credentials.accessKeySecret).update(toSign).digest('base64')
  const sends = method === 'PUT' || method === 'POST'
  const lines = [
    `${method} /${encode(inPath)}${search === '' ? '' : `?${search}`} HTTP/1.1`,
    `Host: ${endpoint === 'localhost' ? `${bucket}.localhost` : endpoint}:${port}`,
    'User-Agent: aliyun-sdk-c/3.11.2(Compatible Unknown)',
    'Accept: */*',
    ...(sends ? ['Transfer-Encoding: chunked', `Content-Length: ${body?.length ?? 0}`] : []),
    ...(contentType === undefined ? [] : [`Content-Type: ${contentType}`]),
    ...Object.entries(ossHeaders).map(([name, value]) => `${name}: ${value}`),
    `Date: ${date}`,
    `Authorization: OSS ${credentials.accessKeyId}:${signature}`,
    ...(sends ? ['Expect: 100-continue'] : []),
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** The body as curl frames it; an empty one is the last chunk alone. */
export function cSdkBody(body: Uint8Array = new Uint8Array()): Buffer {
  const frames: Uint8Array[] = []
  for (let at = 0; at < body.length; at += CURL_CHUNK) {
    const chunk = body.subarray(at, at + CURL_CHUNK)
    frames.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  return Buffer.concat([...frames, Buffer.from('0\r\n\r\n')])
}

/** All but `A-Za-z0-9-_.~`, the slash as well. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
