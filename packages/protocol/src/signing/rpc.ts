/**
 * The signature of requests to Alibaba Cloud's services of the RPC kind, of which STS is one. Source:
 * "RPC signature" and AssumeRole, STS API reference.
 */

import { equalInConstantTime, hmacSha1 } from '#hash'
import { formatTimestamp, toBase64 } from '../headers.ts'
import { encodeStrict } from '../percent.ts'
import type { QueryEntry } from '../query.ts'
import { type Credentials, utf8 } from './request.ts'

/** Names of a request's parameters that are about its signature. */
const SIGNATURE = 'Signature'

/**
 * All parameters of a request that asks for `parameters`, its signature among them. `nonce` must never be
 * used again.
 */
export function signRpc(
  method: 'GET' | 'POST',
  parameters: readonly QueryEntry[],
  credentials: Pick<Credentials, 'accessKeyId' | 'accessKeySecret'>,
  options: { readonly now: Date; readonly nonce: string },
): QueryEntry[] {
  const entries: QueryEntry[] = [
    ...parameters,
    ['AccessKeyId', credentials.accessKeyId],
    ['SignatureMethod', 'HMAC-SHA1'],
    ['SignatureVersion', '1.0'],
    ['SignatureNonce', options.nonce],
    ['Timestamp', `${formatTimestamp(options.now).slice(0, 19)}Z`],
  ]
  return [...entries, [SIGNATURE, signatureRpc(method, entries, credentials.accessKeySecret)]]
}

/** Whether `Signature` among the parameters is what the holder of the secret would have made of the others. */
export function verifyRpc(
  method: string,
  parameters: readonly QueryEntry[],
  accessKeySecret: string,
): boolean {
  const provided = parameters.find(([name]) => name === SIGNATURE)?.[1] ?? ''
  const expected = signatureRpc(method, parameters, accessKeySecret)
  return equalInConstantTime(utf8(expected), utf8(provided))
}

function signatureRpc(
  method: string,
  parameters: readonly QueryEntry[],
  accessKeySecret: string,
): string {
  const canonical = parameters
    .filter(([name]) => name !== SIGNATURE)
    .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
    .map(([name, value]) => `${encodeStrict(name)}=${encodeStrict(value)}`)
    .join('&')
  const stringToSign = `${method}&${encodeStrict('/')}&${encodeStrict(canonical)}`
  return toBase64(hmacSha1(utf8(`${accessKeySecret}&`), utf8(stringToSign)))
}
