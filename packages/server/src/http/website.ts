/**
 * A bucket as a website: its index for those who ask for a directory, its redirects, its error page.
 * Source: "Static website hosting", OSS user guide, and the Java SDK's live suite.
 */

import {
  encodePath,
  OssError,
  type RoutingCondition,
  type RoutingRule,
  type WebsiteConfiguration,
} from '@lading/protocol'
import type { Operation, OssRequest, Reply } from '../api/operation.ts'
import { locationOf } from '../api/parameters.ts'

type KeyedRequest = OssRequest & { readonly key: string }

interface WebsiteRequest {
  readonly configuration: WebsiteConfiguration
  readonly request: KeyedRequest
  /** As sent, without the question mark. */
  readonly rawQuery: string
  readonly serve: (request: KeyedRequest) => Promise<Reply>
}

/** Whether the operation is one that a website answers. */
export function isVisit({ name }: Operation): boolean {
  return name === 'GetObject' || name === 'HeadObject'
}

/** Answers with the object, or with what stands in for one that is missing. */
export async function answerVisit(visit: WebsiteRequest): Promise<Reply> {
  const { configuration, request, serve } = visit
  const anonymous = request.principal.kind === 'anonymous'
  const redirect = anonymous ? findRedirect(visit, undefined) : undefined
  if (redirect) return redirect
  try {
    return await serve(request)
  } catch (error) {
    if (!isMissing(error)) throw error
    const index = await answerDirectory(visit, anonymous)
    if (index) return index
    const page = anonymous
      ? (findRedirect(visit, 404) ?? (await answerError(configuration, visit)))
      : undefined
    if (page) return page
    throw error
  }
}

async function answerDirectory(
  { configuration, request, serve }: WebsiteRequest,
  anonymous: boolean,
): Promise<Reply | undefined> {
  const { indexDocument } = configuration
  if (!indexDocument) return undefined
  const { suffix, supportSubDir, type = 0 } = indexDocument
  const { key } = request
  const own = anonymous && supportSubDir === true
  if (key.endsWith('/')) {
    return await unlessMissing(serve({ ...request, key: own ? `${key}${suffix}` : suffix }))
  }
  if (!own || type === 1) return undefined
  const index = await unlessMissing(serve({ ...request, key: `${key}/${suffix}` }))
  if (!index || type === 2) return index
  index.content?.release()
  return { status: 302, headers: { Location: locationOf({ ...request, key: `${key}/` }) } }
}

async function answerError(
  { errorDocument }: WebsiteConfiguration,
  { request, serve }: WebsiteRequest,
): Promise<Reply | undefined> {
  if (!errorDocument) return undefined
  // What was asked of the missing object says nothing about this one.
  const headers = new Map(
    [...request.headers.entries()].filter(([name]) => !/^(if-|range$)/.test(name)),
  )
  const page = await unlessMissing(serve({ ...request, headers, key: errorDocument.key }))
  return page && { ...page, status: errorDocument.httpStatus ?? 404 }
}

function findRedirect(visit: WebsiteRequest, status: number | undefined): Reply | undefined {
  const { configuration, request } = visit
  const rule = configuration.routingRules.find(
    ({ condition }) =>
      condition.httpErrorCodeReturnedEquals === status && holds(condition, request),
  )
  if (!rule) return undefined
  const location = redirectLocation(rule, visit)
  // It would lead in circles.
  if (location === locationOf(request)) return undefined
  return { status: rule.redirect.httpRedirectCode ?? 302, headers: { Location: location } }
}

function holds(condition: RoutingCondition, { key, headers }: KeyedRequest): boolean {
  const { keyPrefixEquals = '', keySuffixEquals = '', includeHeaders } = condition
  if (!key.startsWith(keyPrefixEquals) || !key.endsWith(keySuffixEquals)) return false
  return includeHeaders.every(({ key: name, equals, startsWith = '', endsWith = '' }) => {
    const value = headers.get(name.toLowerCase())
    if (value === undefined) return false
    const same = equals === undefined || value === equals
    return same && value.startsWith(startsWith) && value.endsWith(endsWith)
  })
}

function redirectLocation(
  { condition, redirect }: RoutingRule,
  { request, rawQuery }: WebsiteRequest,
): string {
  const { replaceKeyWith, replaceKeyPrefixWith, hostName, protocol } = redirect
  let { key } = request
  if (replaceKeyWith !== undefined) key = replaceKeyWith.replace(/\$\{key\}/g, () => request.key)
  else if (replaceKeyPrefixWith !== undefined) {
    key = replaceKeyPrefixWith + key.slice(condition.keyPrefixEquals?.length ?? 0)
  }
  const scheme = protocol ?? request.scheme
  const location =
    hostName === undefined
      ? locationOf({ ...request, key }).replace(/^https?/, scheme)
      : `${scheme}://${hostName}/${encodePath(key)}`
  return redirect.passQueryString && rawQuery !== '' ? `${location}?${rawQuery}` : location
}

async function unlessMissing(reply: Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await reply
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof OssError && error.code === 'NoSuchKey'
}
