/** What ali-oss takes as headers, `meta`, `mime` and `callback`, as what we call it. */

import { toBase64 } from '@lading/protocol'
import type { CallbackOptions, ObjectAcl, ObjectAttributes } from '../operations/attributes.ts'

/** As ali-oss defines it. */
export interface AliCallback {
  readonly url: string
  readonly host?: string | undefined
  readonly body: string
  readonly contentType?: string | undefined
  readonly callbackSNI?: boolean | undefined
  readonly customValue?: Readonly<Record<string, unknown>> | undefined
}

export interface AliAttributes {
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  readonly meta?: Readonly<Record<string, unknown>> | undefined
  readonly mime?: string | undefined
  readonly callback?: AliCallback | undefined
}

type Attributes = ObjectAttributes & CallbackOptions & { readonly acl?: ObjectAcl }
type Writable = { -readonly [K in keyof Attributes]: Attributes[K] }

const META = 'x-oss-meta-'

/** @throws {TypeError} for a header that would have no effect on an upload in parts. */
export function readAttributes({
  headers = {},
  meta = {},
  mime,
  callback,
}: AliAttributes): Attributes {
  const metadata: Record<string, string> = {}
  const attributes: Writable = { ...(callback && encodeCallback(callback)) }
  if (mime) attributes.contentType = mime
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || value === null) continue
    const lower = name.toLowerCase()
    if (lower.startsWith(META)) metadata[lower.slice(META.length)] = String(value)
    else setAttribute(attributes, lower, String(value))
  }
  for (const [name, value] of Object.entries(meta)) metadata[name] = String(value)
  if (Object.keys(metadata).length > 0) attributes.metadata = metadata
  return attributes
}

function setAttribute(attributes: Writable, name: string, value: string): void {
  switch (name) {
    case 'content-type':
      attributes.contentType ??= value
      break
    case 'cache-control':
      attributes.cacheControl = value
      break
    case 'content-disposition':
      attributes.contentDisposition = value
      break
    case 'content-encoding':
      attributes.contentEncoding = value
      break
    case 'content-language':
      attributes.contentLanguage = value
      break
    case 'expires':
      attributes.expires = value
      break
    case 'x-oss-storage-class':
      attributes.storageClass = value
      break
    case 'x-oss-tagging':
      attributes.tagging = Object.fromEntries(new URLSearchParams(value))
      break
    case 'x-oss-object-acl':
      attributes.acl = value as ObjectAcl
      break
    case 'x-oss-forbid-overwrite':
      attributes.forbidOverwrite = value === 'true'
      break
    case 'x-oss-server-side-encryption':
      attributes.serverSideEncryption = value
      break
    case 'x-oss-server-side-encryption-key-id':
      attributes.serverSideEncryptionKeyId = value
      break
    case 'x-oss-callback':
      attributes.callback = value
      break
    case 'x-oss-callback-var':
      attributes.callbackVar = value
      break
    default:
      throw new TypeError(`An upload cannot send the header ${name}.`)
  }
}

function encodeCallback(callback: AliCallback): CallbackOptions {
  const { url, body, host, contentType, callbackSNI, customValue } = callback
  const json = {
    callbackUrl: encodeURI(url),
    callbackBody: body,
    ...(host && { callbackHost: host }),
    ...(contentType && { callbackBodyType: contentType }),
    ...(callbackSNI && { callbackSNI }),
  }
  const variables = Object.entries(customValue ?? {}).map(([name, value]) => [
    `x:${name}`,
    String(value),
  ])
  return {
    callback: base64(json),
    ...(customValue && { callbackVar: base64(Object.fromEntries(variables)) }),
  }
}

function base64(value: unknown): string {
  return toBase64(new TextEncoder().encode(JSON.stringify(value)))
}
