/** `GET /KEY`: an object's bytes, all of them or a range. */

import { OssError, type Query } from '@lading/protocol'
import { requireReadable } from '../store/restore.ts'
import type { ObjectReader, StoredObject } from '../store/store.ts'
import { compressed } from './compression.ts'
import { isNotModified, isSameForRange } from './conditions.ts'
import { followLink, seenThrough } from './follow-link.ts'
import { objectHeaders, validators, versionHeaders } from './object-attributes.ts'
import type { Operation, OssRequest, Reply } from './operation.ts'
import { invalidArgument, objectOf, versionIdOf } from './parameters.ts'
import { formatContentRange, selectRange } from './range.ts'
import { restoreHeaders } from './restore-info.ts'

/** What the query may put in place of the object's own headers. */
const overrides = [
  'Content-Type',
  'Content-Language',
  'Expires',
  'Cache-Control',
  'Content-Disposition',
  'Content-Encoding',
] as const

export const getObject: Operation = {
  name: 'GetObject',
  method: 'GET',
  resource: 'object',
  query: [],
  action: 'oss:GetObject',
  access: 'read',
  body: { kind: 'none' },

  async handle(request, { store }) {
    refuseProcessing(request.query)
    const replaced = overriddenHeaders(request)
    const { bucket, key } = objectOf(request)
    let reader = await store.openObject(bucket, key, versionIdOf(request))
    try {
      let { object } = reader
      if (object.type === 'Symlink') {
        reader.release()
        reader = await followLink(request, object, (...at) => store.openObject(...at))
        object = seenThrough(object, reader.object)
      }
      requireReadable(reader.object, request.time)
      return compressed(request, replyFrom(reader, object, request, replaced))
    } catch (error) {
      reader.release()
      throw error
    }
  },
}

/** `object` is what is said of the bytes of `reader`. */
function replyFrom(
  reader: ObjectReader,
  object: StoredObject,
  request: OssRequest,
  replaced: Record<string, string>,
): Reply {
  const { headers } = request
  const version = versionHeaders(request, object)
  if (isNotModified(headers, object)) {
    reader.release()
    return { status: 304, headers: { ...validators(object), ...version } }
  }
  const asked = isSameForRange(headers, object) ? headers.get('range') : undefined
  const standard = headers.get('x-oss-range-behavior')?.toLowerCase() === 'standard'
  const range = selectRange(asked, object.size, { standard })
  const { offset, length } = range ?? { offset: 0, length: object.size }
  return {
    status: range ? 206 : 200,
    headers: {
      ...objectHeaders(object),
      ...restoreHeaders(object, request.time),
      ...version,
      ...replaced,
      ...(range && { 'Content-Range': formatContentRange(range, object.size) }),
    },
    content: {
      length,
      bytes: () => reader.read({ offset, length }),
      release: () => reader.release(),
    },
  }
}

/** @throws {OssError} `InvalidRequest` when the request is not signed; `InvalidArgument`. */
function overriddenHeaders({ query, principal }: OssRequest): Record<string, string> {
  const replaced: Record<string, string> = {}
  for (const name of overrides) {
    const parameter = `response-${name.toLowerCase()}`
    const value = query.text(parameter)
    if (value === undefined) continue
    if (principal.kind === 'anonymous') {
      throw new OssError('InvalidRequest', {
        message: 'Request specific response headers cannot be used for anonymous GET requests.',
      })
    }
    replaced[name] = headerText(parameter, value)
  }
  return replaced
}

/** As headers carry it: one character a byte of UTF-8, and no line of its own making. */
function headerText(parameter: string, value: string): string {
  if (/[\x00-\x08\x0A-\x1F\x7F]/.test(value)) throw invalidArgument(parameter, value)
  return Buffer.from(value, 'utf8').toString('latin1')
}

/** The bytes as they are stored would pass for the image or the extract that was asked for. */
function refuseProcessing(query: Query): void {
  if (!query.has('x-oss-process')) return
  throw new OssError('NotImplemented', { details: { Header: 'x-oss-process' } })
}
