/**
 * `POST /` with a form: stores an object that a browser sends, by leave of a policy that the holder of
 * a key has signed. Source: PostObject, OSS API reference.
 */

import {
  checkClaimScope,
  encodePostResponse,
  formatContentMd5,
  formatCrc64,
  formatETag,
  MAX_PUT_SIZE,
  OssError,
  readPostClaim,
  requireObjectKey,
  verifyPostPolicy,
} from '@lading/protocol'
import type { StoredObject } from '../store/store.ts'
import { type Callback, parseCallback, replyWithCallback } from './callback.ts'
import { expectedSums } from './expected-sums.ts'
import { type Form, readForm } from './form-data.ts'
import { requestedAttributes, versionHeaders } from './object-attributes.ts'
import type {
  Operation,
  OperationContext,
  OssRequest,
  Principal,
  Reply,
  RequestHeaders,
} from './operation.ts'
import { bucketOf, flagOf, invalidArgument, locationOf } from './parameters.ts'
import { type PostPolicy, parsePostPolicy, requirePostPolicy } from './post-policy.ts'

/** Bytes that a form may have besides its file; our own cap. */
const MAX_FORM = 4 * 1024 * 1024

export const postObject: Operation = {
  name: 'PostObject',
  method: 'POST',
  resource: 'bucket',
  query: [],
  action: 'oss:PutObject',
  access: 'write',
  authorizesItself: true,
  body: { kind: 'stream', limit: MAX_PUT_SIZE + MAX_FORM },

  async handle(request, context) {
    const bytes = request.body.bytes()[Symbol.asyncIterator]()
    try {
      const form = await readForm(request.headers.get('content-type'), bytes)
      return await storeForm(form, request, context)
    } finally {
      // A form may be refused before its file is begun; what still comes of it is then the listener's.
      await bytes.return?.()
    }
  },
}

async function storeForm(
  form: Form,
  request: OssRequest,
  context: OperationContext,
): Promise<Reply> {
  const key = keyOf(form)
  const headers = headersOf(form)
  const principal = await proveForm(form, request, context)
  const policy = policyOf(form)
  if (policy) requirePostPolicy(policy, fieldOf(form, bucketOf(request), key), request.time)
  await authorize(request, { key, headers, principal })

  const callback = callbackOf(form)
  const object = await context.store.putObject(
    {
      bucket: bucketOf(request),
      key,
      attributes: requestedAttributes(headers),
      forbidOverwrite: flagOf(headers, 'x-oss-forbid-overwrite'),
      expected: expectedSums(headers),
      bytes: withinSizes(form.file.bytes(), policy?.sizes ?? []),
    },
    { signal: request.signal },
  )
  const reply = replyTo(form, { ...request, key }, object)
  const about = { operation: postObject.name, request }
  return await replyWithCallback(callback, reply, object, about, context)
}

/** @throws {OssError} `InvalidArgument`, `InvalidObjectName`. */
function keyOf({ fields, file }: Form): string {
  const field = fields.get('key')
  if (!field) throw invalidArgument('key', '', 'The form has no field key.')
  // Not by a pattern of `replace`, in which a name of `$&` would mean something.
  const key = field.split('${' + 'filename}').join(file.name)
  requireObjectKey(key)
  return key
}

/**
 * Who sends the form: whoever signed its policy, or else whoever signed the request around it.
 *
 * @throws {OssError} `InvalidArgument`, `SignatureDoesNotMatch`, what `identify` throws.
 */
async function proveForm(
  { fields }: Form,
  request: OssRequest,
  { identify, profile }: OperationContext,
): Promise<Principal> {
  const proof = readPostClaim(fields)
  if (!proof) return request.principal
  if (request.principal.kind === 'key') {
    throw new OssError('InvalidArgument', {
      message: 'A form is signed either in its fields or as a request, not both.',
    })
  }
  const { claim } = proof
  const { principal, accessKeySecret } = await identify(claim)
  checkClaimScope(claim, profile.region)
  if (!verifyPostPolicy(proof, accessKeySecret)) {
    const { accessKeyId } = claim
    const details = { OSSAccessKeyId: accessKeyId, StringToSign: proof.policy.slice(0, 1024) }
    throw new OssError('SignatureDoesNotMatch', { ec: '0002-00000040', details })
  }
  request.countAs(principal)
  return principal
}

/** A policy that nobody has signed is kept to all the same. */
function policyOf({ fields }: Form): PostPolicy | undefined {
  const policy = fields.get('policy')
  return policy ? parsePostPolicy(policy) : undefined
}

/** What conditions see: the object as it is going to be, and every field that says nothing of it as it is. */
function fieldOf(form: Form, bucket: string, key: string): (name: string) => string | undefined {
  return (name) => {
    if (name === 'bucket') return bucket
    if (name === 'key') return key
    if (name === 'content-type') return contentTypeOf(form)?.trim()
    // A header is stored without blanks around it, and must not pass for another one.
    const value = form.fields.get(name)
    return isHeader(name) ? value?.trim() : value
  }
}

function contentTypeOf({ fields, file }: Form): string | undefined {
  return fields.get('x-oss-content-type') || fields.get('content-type') || file.contentType
}

/** As PutObject, and what the form says of ACL and tags besides. @throws {OssError} `AccessDenied`. */
async function authorize(
  request: OssRequest,
  asked: {
    readonly key: string
    readonly headers: RequestHeaders
    readonly principal: Principal
  },
): Promise<void> {
  const { key, headers, principal } = asked
  const acl = headers.get('x-oss-object-acl')
  const actions = [
    'oss:PutObject',
    ...(acl !== undefined && acl !== 'default' ? ['oss:PutObjectAcl'] : []),
    ...(headers.get('x-oss-tagging') !== undefined ? ['oss:PutObjectTagging'] : []),
  ]
  for (const action of actions) {
    const bucket = bucketOf(request)
    await request.authorize({ action, access: 'write', bucket, key, headers, principal })
  }
}

/**
 * The fields as the headers that PutObject would have them in: one character a byte, blanks trimmed.
 *
 * @throws {OssError} `InvalidArgument` for a value that no header can hold.
 */
function headersOf(form: Form): RequestHeaders {
  const headers = new Map<string, string>()
  for (const [name, value] of form.fields) {
    if (!isHeader(name)) continue
    headers.set(name, headerText(name, value))
  }
  const contentType = contentTypeOf(form)
  if (contentType) headers.set('content-type', headerText('content-type', contentType))
  return headers
}

function isHeader(name: string): boolean {
  return name.startsWith('x-oss-') || /^(cache-control|content-[a-z0-9]+|expires)$/.test(name)
}

function headerText(name: string, value: string): string {
  const text = value.trim()
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(text)) throw invalidArgument(name, text)
  return Buffer.from(text, 'utf8').toString('latin1')
}

function callbackOf({ fields }: Form): Callback | undefined {
  const callback = fields.get('callback')
  if (!callback) return undefined
  const variables = new Map([...fields].filter(([name]) => name.startsWith('x:')))
  return parseCallback(callback, fields.get('callback-var'), variables)
}

/** @throws {OssError} `EntityTooLarge` as soon as there is too much, `EntityTooSmall` at the end. */
async function* withinSizes(
  bytes: AsyncIterable<Uint8Array>,
  sizes: PostPolicy['sizes'],
): AsyncGenerator<Uint8Array> {
  const max = Math.min(MAX_PUT_SIZE, ...sizes.map((size) => size.max))
  const min = Math.max(0, ...sizes.map((size) => size.min))
  let length = 0
  for await (const chunk of bytes) {
    length += chunk.length
    if (length > max) {
      throw new OssError('EntityTooLarge', { details: { MaxSizeAllowed: String(max) } })
    }
    yield chunk
  }
  if (length < min) {
    throw new OssError('EntityTooSmall', { details: { MinSizeAllowed: String(min) } })
  }
}

/** An address to go to next, or a status: 204 unless the form asks for 200 or 201. */
function replyTo({ fields }: Form, request: OssRequest, object: StoredObject): Reply {
  const { bucket, key, etag, crc64, md5 } = object
  const headers = {
    ETag: formatETag(etag),
    'x-oss-hash-crc64ecma': formatCrc64(crc64),
    ...versionHeaders(request, object),
    ...(md5 && { 'Content-MD5': formatContentMd5(md5) }),
  }
  const next = redirection(fields.get('success_action_redirect'), object)
  if (next !== undefined) return { status: 303, headers: { ...headers, Location: next } }
  const location = locationOf(request)
  switch (fields.get('success_action_status')) {
    case '200':
      return { status: 200, headers }
    case '201':
      return {
        status: 201,
        headers: { ...headers, Location: location },
        xml: encodePostResponse({ bucket, location, key, etag }),
      }
    default:
      return { status: 204, headers }
  }
}

/** The page that the form names, told what was stored; `undefined` for what is no address of the web. */
function redirection(text: string | undefined, object: StoredObject): string | undefined {
  if (!text || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  url.searchParams.set('bucket', object.bucket)
  url.searchParams.set('key', object.key)
  url.searchParams.set('etag', formatETag(object.etag))
  return url.href
}
