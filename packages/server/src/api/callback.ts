/**
 * Upload callbacks: what an uploader asks to be told to its application once the object is stored.
 * Source: Callback, OSS API reference.
 */

import { formatContentMd5, formatCrc64, fromBase64, OssError } from '@lading/protocol'
import type { StoredObject } from '../store/store.ts'
import type { OperationContext, OssRequest, Reply } from './operation.ts'

/** Bytes of each of the two in Base64. */
const MAX_LENGTH = 5 * 1024
const MAX_URLS = 5

/** A callback as it was asked for. */
export interface Callback {
  /** Tried in this order until one answers. */
  readonly urls: readonly URL[]
  readonly template: string
  readonly json: boolean
  /** The Host to name in place of the URL's. */
  readonly host: string | undefined
  /** Whether TLS names the host. */
  readonly sni: boolean
  /** What the caller calls `x:name`. */
  readonly variables: ReadonlyMap<string, string>
}

/** One attempt to tell an application. */
export interface OutgoingCallback {
  readonly url: URL
  readonly host: string | undefined
  readonly sni: boolean
  readonly contentType: string
  readonly body: string
}

/**
 * Tells an application, and resolves with the body of its answer.
 *
 * @throws {OssError} `CallbackFailed`.
 */
export type SendCallback = (callback: OutgoingCallback) => Promise<Uint8Array>

/**
 * The callback that headers or query ask for. Call it before anything is stored.
 *
 * @throws {OssError} `InvalidArgument`.
 */
export function requestedCallback({ headers, query }: OssRequest): Callback | undefined {
  const value = (header: string, parameter: string): string | undefined => {
    const inHeader = headers.get(header)
    const inQuery = query.get(parameter)
    if (inHeader !== undefined && inQuery !== undefined) {
      throw invalid(
        `Either the ${parameter} query string parameter or the ${header} header should be specified, not both.`,
      )
    }
    return inHeader ?? inQuery
  }
  const callback = value('x-oss-callback', 'callback')
  const variables = value('x-oss-callback-var', 'callback-var')
  return callback === undefined ? undefined : parseCallback(callback, variables)
}

/**
 * Both are JSON in Base64. `fields` are variables that came otherwise, as forms have them.
 *
 * @throws {OssError} `InvalidArgument`.
 */
export function parseCallback(
  callback: string,
  variables: string | undefined,
  fields: ReadonlyMap<string, string> = new Map(),
): Callback {
  const settings = readJson(callback, {
    encoding: 'The callback configuration is not base64 encoded.',
    json: 'The callback configuration is not json format.',
  })
  const text = (name: string): string | undefined => {
    const value = settings.get(name)
    if (value === undefined || typeof value === 'string') return value
    throw invalid('The callback configuration is not json format.')
  }
  const template = text('callbackBody') ?? ''
  if (template === '') throw invalid('The callback body is empty.')
  requireTemplate(template)
  const type = (text('callbackBodyType') || FORM).toLowerCase()
  if (type !== FORM && type !== JSON_TYPE) throw invalid('The callback body type is invalid.')
  return {
    urls: parseUrls(text('callbackUrl') ?? ''),
    template,
    json: type === JSON_TYPE,
    host: requireHost(text('callbackHost')),
    sni: settings.get('callbackSNI') === true,
    variables: new Map([...fields, ...parseVariables(variables)]),
  }
}

/**
 * `reply` when no callback was asked for. Otherwise the application's answer in place of its body.
 *
 * @throws {OssError} `CallbackFailed`: the object is stored all the same, and the headers say so.
 */
export async function replyWithCallback(
  callback: Callback | undefined,
  reply: Reply,
  object: StoredObject,
  about: { readonly operation: string; readonly request: OssRequest },
  { sendCallback }: OperationContext,
): Promise<Reply> {
  if (!callback) return reply
  const body = fill(callback, valuesOf(object, about))
  const contentType = callback.json ? JSON_TYPE : FORM
  const { host, sni } = callback
  let failure: unknown
  for (const url of callback.urls) {
    try {
      const answer = await sendCallback({ url, host, sni, contentType, body })
      return {
        status: 200,
        headers: { ...reply.headers, 'Content-Type': JSON_TYPE },
        content: {
          length: answer.length,
          bytes: async function* () {
            yield answer
          },
          release: () => {},
        },
      }
    } catch (error) {
      failure = error
    }
  }
  if (!(failure instanceof OssError)) throw failure
  const { message, ec, cause } = failure
  throw new OssError('CallbackFailed', { message, ec, cause, headers: reply.headers })
}

const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = 'application/json'

/** What a template may name besides the variables of its caller. */
const names = [
  'bucket',
  'object',
  'etag',
  'size',
  'mimeType',
  'imageInfo.height',
  'imageInfo.width',
  'imageInfo.format',
  'crc64',
  'contentMd5',
  'vpcId',
  'clientIp',
  'reqId',
  'operation',
] as const

type Values = Readonly<Record<(typeof names)[number], string | number>>

/** Nobody looks into images, and there is no VPC: those stay empty. */
function valuesOf(
  object: StoredObject,
  { operation, request }: { readonly operation: string; readonly request: OssRequest },
): Values {
  return {
    bucket: object.bucket,
    object: object.key,
    etag: object.etag,
    size: object.size,
    mimeType: object.attributes.contentType,
    'imageInfo.height': '',
    'imageInfo.width': '',
    'imageInfo.format': '',
    crc64: formatCrc64(object.crc64),
    contentMd5: object.md5 ? formatContentMd5(object.md5) : '',
    vpcId: '',
    clientIp: request.remote ?? '',
    reqId: request.requestId,
    operation,
  }
}

const PLACEHOLDER = /\$\{([^{}]*)\}/g

/** @throws {OssError} `InvalidArgument` for a `$` that begins no variable, or one of no known name. */
function requireTemplate(template: string): void {
  for (const [, name = ''] of template.matchAll(PLACEHOLDER)) {
    if (name.startsWith('x:') || names.some((known) => known === name)) continue
    throw invalid(`The callback body names an unknown variable: ${name.slice(0, 100)}`)
  }
  if (template.replaceAll(PLACEHOLDER, '').includes('$')) {
    throw invalid('The callback body has a $ that begins no variable.')
  }
}

/** In JSON numbers are numbers and all else is quoted; in a form all is percent-encoded. */
function fill({ template, json, variables }: Callback, values: Values): string {
  const own: Readonly<Record<string, string | number>> = values
  return template.replaceAll(PLACEHOLDER, (_, name: string) => {
    const value = name.startsWith('x:') ? (variables.get(name) ?? '') : (own[name] ?? '')
    return json ? JSON.stringify(value) : encodeURIComponent(value)
  })
}

/** @throws {OssError} `InvalidArgument`. */
function parseUrls(text: string): URL[] {
  // The service takes the end of the list for one more, which is empty.
  const urls = text.split(';')
  if (urls.length > MAX_URLS) throw invalid('The number of callback url exceed max value.')
  return urls.map(parseUrl)
}

function parseUrl(text: string): URL {
  const trimmed = text.trim()
  const named = /^https?:\/\//i.test(trimmed)
  // Without a scheme a bare word is no host. Source: CallbackTest of the Java SDK.
  if (!named && !/^(localhost\b|[^/?#]*[.\]])/i.test(trimmed)) throw invalidUrl()
  let url: URL
  try {
    url = new URL(named ? trimmed : `http://${trimmed}`)
  } catch {
    throw invalidUrl()
  }
  if (url.hostname === '' || url.username !== '' || url.password !== '') throw invalidUrl()
  return url
}

function invalidUrl(): OssError {
  return invalid('The callback url configuration is invalid.')
}

function requireHost(host: string | undefined): string | undefined {
  if (!host) return undefined
  if (/^[A-Za-z0-9.:[\]_-]{1,255}$/.test(host)) return host
  throw invalid('The callback host configuration is invalid.')
}

/** @throws {OssError} `InvalidArgument`. */
function parseVariables(text: string | undefined): Map<string, string> {
  // The spelling is the service's own.
  const message = 'The callback var is not expecten json.'
  const variables = new Map<string, string>()
  if (text === undefined) return variables
  for (const [name, value] of readJson(text, { encoding: message, json: message })) {
    if (!name.startsWith('x:') || typeof value !== 'string') throw invalid(message)
    // Half of a surrogate pair, which JSON can say, and no form can.
    if (/\p{Surrogate}/u.test(value)) throw invalid(message)
    variables.set(name, value)
  }
  return variables
}

/** The members of a JSON object in Base64. */
function readJson(
  base64: string,
  messages: { readonly encoding: string; readonly json: string },
): Map<string, unknown> {
  if (base64.length > MAX_LENGTH) throw invalid('The length of callback exceed max value.')
  const bytes = fromBase64(base64.trim())
  if (!bytes) throw invalid(messages.encoding)
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return new Map(Object.entries(value))
    }
  } catch {
    throw invalid(messages.json)
  }
  throw invalid(messages.json)
}

function invalid(message: string): OssError {
  return new OssError('InvalidArgument', { message })
}
