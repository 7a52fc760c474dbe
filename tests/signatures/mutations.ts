/**
 * What is done to a signed request. By the rules of the scheme each of `forgeries` changes what was
 * signed, or who claims to have signed it; each of `rewritings` is another way to write the same.
 */

import type { QueryEntry } from '@lading/protocol'
import type { HeaderEntry, Scheme, SignedRequest } from './signed-request.ts'

/** Where and what a mutation changes; any numbers and any text will do. */
export interface Choice {
  readonly at: number
  readonly text: string
}

/** `undefined` where the request has nothing that could be changed so. */
type Mutation = (
  request: SignedRequest,
  choice: Choice,
  scheme: Scheme,
) => SignedRequest | undefined

/** What the mutations need that the server has besides what was signed for. */
export const OTHER_BUCKET = 'other-bucket'
export const OTHER_KEY_ID = 'other-key-id'

const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']

/** Some of the names that V1 signs, none of which the requests have. */
const V1_NAMES = ['acl', 'cors', 'lifecycle', 'uploads', 'tagging', 'versionId', 'x-oss-foo']

export const forgeries: Readonly<Record<string, Mutation>> = {
  'another method': (request, { at }) => {
    const others = METHODS.filter((method) => method !== request.method)
    return { ...request, method: pick(others, at) }
  },

  'another key': (request, { at, text }) => {
    const { key } = request
    if (key === undefined) return undefined
    const characters = [...key]
    const place = at % characters.length
    if (text === '') characters.splice(place, 1)
    else characters.splice(place, at % 2, text)
    const changed = characters.join('')
    return changed === key ? undefined : { ...request, key: changed }
  },

  'no key': (request) => (request.key === undefined ? undefined : { ...request, key: undefined }),

  'another bucket': (request) =>
    request.bucket === undefined ? undefined : { ...request, bucket: OTHER_BUCKET },

  'another value in the query': (request, { at, text }, scheme) =>
    inQuery(request, at, scheme, ([name, value]) => [[name, `${value}${text || '0'}`]]),

  'a parameter less': (request, { at }, scheme) => inQuery(request, at, scheme, () => []),

  'a parameter more': (request, { at, text }, scheme) => {
    const name = isV1(scheme) ? pick(V1_NAMES, at) : `p${text}`
    if (request.query.some(([other]) => other === name)) return undefined
    return { ...request, query: [...request.query, [name, text]] }
  },

  'a parameter twice': (request, { at, text }, scheme) =>
    inQuery(request, at, scheme, ([name, value]) => [
      [name, `${value}${text || '0'}`],
      [name, value],
    ]),

  'another value in a header': (request, { at }) =>
    inHeaders(request, at, ([name, value]) => [[name, `${value}0`]]),

  'a header less': (request, { at }) => inHeaders(request, at, () => []),

  'a header more': (request, { at }) => {
    const name = pick(['content-type', 'content-md5', 'x-oss-meta-more', 'x-oss-acl'], at)
    if (request.headers.some(([other]) => other === name)) return undefined
    return { ...request, headers: [...request.headers, [name, 'more']] }
  },

  'a header twice': (request, { at }) =>
    inHeaders(request, at, ([name, value]) => [
      [name, value],
      [name, 'twice'],
    ]),

  'another signature': (request, { at }, scheme) =>
    inProof(request, signatureOf(scheme), (signature) => replaceAt(signature, at)),

  'a shorter signature': (request, _, scheme) =>
    inProof(request, signatureOf(scheme), (signature) => signature.slice(0, -1)),

  'another access key': (request, _, scheme) =>
    inProof(request, accessKeyIdOf(scheme), () => OTHER_KEY_ID),

  'another scope': (request, { at }, scheme) =>
    isV1(scheme) ? undefined : inProof(request, scopeOf(scheme), (scope) => replaceAt(scope, at)),
}

export const rewritings: Readonly<Record<string, Mutation>> = {
  'parameters in another order': (request, { at }) => ({
    ...request,
    query: shuffle(request.query, at),
  }),

  'headers in another order': (request, { at }) => ({
    ...request,
    headers: shuffle(request.headers, at),
  }),

  'header names in another case': (request, { at }) => ({
    ...request,
    headers: request.headers.map(([name, value]) => [inCase(name, at), value]),
  }),

  'blanks around header values': (request) => ({
    ...request,
    headers: request.headers.map(([name, value]) => [name, ` ${value} \t`]),
  }),

  'the key encoded to its last byte': (request, { at }) => ({
    ...request,
    encodeKey: (key) =>
      [...Buffer.from(key, 'utf8')]
        .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
        .map((encoded) => (at % 2 === 0 ? encoded : encoded.toUpperCase()))
        .join(''),
  }),
}

function isV1(scheme: Scheme): boolean {
  return scheme.startsWith('V1')
}

/** V1 leaves out of its signature whatever asks for no other resource. */
function isSignedParameter(name: string, scheme: Scheme): boolean {
  return !isV1(scheme) || !['prefix', 'max-keys', 'list-type', 'delimiter'].includes(name)
}

function isSignedHeader(name: string): boolean {
  return /^(content-type|content-md5|authorization|x-oss-.*)$/.test(name)
}

/** Puts `change` of one of the signed parameters in its place. */
function inQuery(
  request: SignedRequest,
  at: number,
  scheme: Scheme,
  change: (entry: QueryEntry) => QueryEntry[],
): SignedRequest | undefined {
  const signed = request.query.filter(([name]) => isSignedParameter(name, scheme))
  if (signed.length === 0) return undefined
  const chosen = pick(signed, at)
  const query = request.query.flatMap((entry) => (entry === chosen ? change(entry) : [entry]))
  return { ...request, query }
}

function inHeaders(
  request: SignedRequest,
  at: number,
  change: (entry: HeaderEntry) => HeaderEntry[],
): SignedRequest | undefined {
  const signed = request.headers.filter(([name]) => isSignedHeader(name))
  if (signed.length === 0) return undefined
  const chosen = pick(signed, at)
  const headers = request.headers.flatMap((entry) => (entry === chosen ? change(entry) : [entry]))
  return { ...request, headers }
}

/** Changes what `pattern` captures in the header or parameter that carries the proof. */
function inProof(
  request: SignedRequest,
  [carrier, pattern]: readonly [name: string, pattern: RegExp],
  change: (text: string) => string,
): SignedRequest {
  const replace = ([name, value]: readonly [string, string]): [string, string] =>
    name === carrier
      ? [name, value.replace(pattern, (_, before: string, text: string) => before + change(text))]
      : [name, value]
  return { ...request, headers: request.headers.map(replace), query: request.query.map(replace) }
}

function signatureOf(scheme: Scheme): readonly [string, RegExp] {
  return {
    'V1 header': ['authorization', /(:)(.*)$/],
    'V1 query': ['Signature', /^()(.*)$/],
    'V4 header': ['authorization', /(Signature=)(.*)$/],
    'V4 query': ['x-oss-signature', /^()(.*)$/],
  }[scheme] as [string, RegExp]
}

function accessKeyIdOf(scheme: Scheme): readonly [string, RegExp] {
  return {
    'V1 header': ['authorization', /^(OSS )([^:]*)/],
    'V1 query': ['OSSAccessKeyId', /^()(.*)$/],
    'V4 header': ['authorization', /(Credential=)([^/]*)/],
    'V4 query': ['x-oss-credential', /^()([^/]*)/],
  }[scheme] as [string, RegExp]
}

function scopeOf(scheme: Scheme): readonly [string, RegExp] {
  return scheme === 'V4 header'
    ? ['authorization', /(Credential=[^/]*\/)([^,]*)/]
    : ['x-oss-credential', /^([^/]*\/)(.*)$/]
}

/** Another character of the same kind in the place of one. */
function replaceAt(text: string, at: number): string {
  const place = at % text.length
  const other = text[place] === '0' ? '1' : '0'
  return text.slice(0, place) + other + text.slice(place + 1)
}

function inCase(name: string, at: number): string {
  return [...name]
    .map((letter, index) => (((at >> (index % 16)) & 1) === 1 ? letter.toUpperCase() : letter))
    .join('')
}

function pick<Item>(items: readonly Item[], at: number): Item {
  const item = items[at % items.length]
  if (item === undefined) throw new RangeError('There is nothing to choose from.')
  return item
}

/** One of the orders that the items have, the number of which is `at`. */
function shuffle<Item>(items: readonly Item[], at: number): Item[] {
  const left = [...items]
  const order: Item[] = []
  for (let number = at; left.length > 0; number = Math.floor(number / (left.length + 1))) {
    order.push(...left.splice(number % left.length, 1))
  }
  return order
}
