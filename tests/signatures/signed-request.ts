/** Signed requests as data: what signs them, what may be done to them, and how they are sent. */

import { type Agent, request as httpRequest } from 'node:http'
import {
  type Credentials,
  encodePath,
  encodeStrict,
  presignV1,
  presignV4,
  type QueryEntry,
  signV1,
  signV4,
} from '@lading/protocol'

export type Scheme = 'V1 header' | 'V1 query' | 'V4 header' | 'V4 query'

export const schemes: readonly Scheme[] = ['V1 header', 'V1 query', 'V4 header', 'V4 query']

/** A request before it is signed. */
export interface PlainRequest {
  readonly method: string
  readonly bucket?: string
  readonly key?: string
  readonly query?: readonly QueryEntry[]
  readonly headers?: readonly HeaderEntry[]
  readonly body?: string
}

export type HeaderEntry = readonly [name: string, value: string]

/** A request as it goes out: everything in the order and the spelling in which it is sent. */
export interface SignedRequest {
  readonly method: string
  readonly bucket: string | undefined
  readonly key: string | undefined
  /** How the key is written in the path. */
  readonly encodeKey: (key: string) => string
  readonly query: readonly QueryEntry[]
  readonly headers: readonly HeaderEntry[]
  readonly body: string
}

export const REGION = 'cn-hangzhou'
const LIFE_SECONDS = 600

export function sign(
  scheme: Scheme,
  plain: PlainRequest,
  credentials: Credentials,
  now: Date,
): SignedRequest {
  const { method, bucket, key, query = [], headers = [], body = '' } = plain
  const signable = { method, bucket, key, query, headers: new Map(headers) }
  const signed = { method, bucket, key, encodeKey: encodePath, query, headers, body }
  // The V4 schemes sign one header more than they must.
  const v4 = { region: REGION, now, additionalHeaders: ['user-agent'] }
  switch (scheme) {
    case 'V1 header':
      return withHeaders(signed, signV1(signable, credentials, { now }))
    case 'V4 header':
      return withHeaders(signed, signV4(signable, credentials, v4))
    case 'V1 query': {
      const expiresAt = new Date(now.getTime() + LIFE_SECONDS * 1000)
      return { ...signed, query: presignV1(signable, credentials, { expiresAt }) }
    }
    case 'V4 query': {
      const life = { ...v4, expiresInSeconds: LIFE_SECONDS }
      return { ...signed, query: presignV4(signable, credentials, life) }
    }
  }
}

function withHeaders(request: SignedRequest, added: Record<string, string>): SignedRequest {
  return { ...request, headers: [...request.headers, ...Object.entries(added)] }
}

/** Resolves with the status. */
export function send(
  { port, agent }: { readonly port: number; readonly agent: Agent },
  request: SignedRequest,
): Promise<number> {
  const { method, bucket, key, encodeKey, query, headers, body } = request
  const search = query
    .map(([name, value]) => encodeStrict(name) + (value === '' ? '' : `=${encodeStrict(value)}`))
    .join('&')
  const path = `/${bucket ?? ''}${key === undefined ? '' : `/${encodeKey(key)}`}`
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: '127.0.0.1',
      port,
      agent,
      method,
      path: search === '' ? path : `${path}?${search}`,
      // As a list, so that their order, their spelling and doubled ones are ours.
      headers: [
        ...['Host', `127.0.0.1:${port}`],
        ...headers.flat(),
        ...['Content-Length', String(Buffer.byteLength(body))],
      ],
    })
    outgoing.on('error', reject)
    outgoing.on('response', (answer) => {
      answer.resume().on('error', reject)
      answer.on('end', () => resolve(answer.statusCode ?? 0))
    })
    outgoing.end(body)
  })
}
