/** What a copy is made of: found in the request, asked for leave to read, held against conditions. */

import { decodePercent, OssError, Query, requireObjectKey } from '@lading/protocol'
import type { ObjectReader } from '../store/store.ts'
import { formatVersionId } from '../store/version-id.ts'
import { isNotModified } from './conditions.ts'
import type { OperationContext, OssRequest } from './operation.ts'
import { invalidArgument, requireVersionId } from './parameters.ts'

interface CopySource {
  readonly bucket: string
  readonly key: string
  /** `undefined`: the newest. */
  readonly versionId: string | undefined
}

export interface OpenSource {
  /** Held open until it is released; `undefined` where the conditions say that nothing is to be done. */
  readonly reader: ObjectReader | undefined
  /** `x-oss-copy-source-version-id`, where the source's bucket keeps versions or once did. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Opens what `x-oss-copy-source` names.
 *
 * @throws {OssError} `InvalidArgument`, `InvalidObjectName`; `AccessDenied`, `NoSuchBucket`,
 *   `NoSuchKey`, `NoSuchVersion`, `MethodNotAllowed`; `PreconditionFailed`.
 */
export async function openSource(
  request: OssRequest,
  { store }: Pick<OperationContext, 'store'>,
): Promise<OpenSource> {
  const { bucket, key, versionId } = parseCopySource(request.headers.get('x-oss-copy-source') ?? '')
  const wanted = { access: 'read', bucket, key, versionId } as const
  await request.authorize({ action: 'oss:GetObject', ...wanted })
  if (versionId !== undefined) {
    await request.authorize({ action: 'oss:GetObjectVersion', ...wanted })
  }
  const { versioning } = await store.getBucket(bucket)
  const reader = await store.openObject(bucket, key, versionId)
  try {
    const { object } = reader
    const headers: Record<string, string> = versioning
      ? { 'x-oss-copy-source-version-id': formatVersionId(object.versionId) }
      : {}
    if (!isNotModified(request.headers, object, 'x-oss-copy-source-')) return { reader, headers }
    reader.release()
    return { reader: undefined, headers }
  } catch (error) {
    reader.release()
    throw error
  }
}

/**
 * `/bucket/key?versionId=ID`, the key percent-encoded; the first slash may be missing. A plus is a
 * blank, as the Go SDK writes one; all SDKs write a plus as `%2B`. Source: CopyObject, OSS API
 * reference, and `CopySource` of the Go SDK.
 *
 * @throws {OssError} `InvalidArgument`, `InvalidObjectName`.
 */
export function parseCopySource(text: string): CopySource {
  const [path = '', search] = splitOnce(text, '?')
  const [rawBucket = '', rawKey] = splitOnce(path.replace(/^\//, ''), '/')
  const bucket = decodePercent(rawBucket)
  const key = decodePercent((rawKey ?? '').replaceAll('+', ' '))
  if (!bucket || !key) {
    throw invalidArgument(
      'x-oss-copy-source',
      text,
      'Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.',
    )
  }
  requireObjectKey(key)
  if (search === undefined) return { bucket, key, versionId: undefined }
  const query = Query.parse(search)
  if (query.entries.some(([name]) => name !== 'versionId')) {
    throw invalidArgument('x-oss-copy-source', text)
  }
  return { bucket, key, versionId: requireVersionId(query.get('versionId') ?? '') }
}

/** What a copy that turns out to be another thing than its source is refused with. */
export function damagedSource(): OssError {
  return new OssError('InternalError', {
    message: 'The source could not be read as it was written. Nothing was copied.',
  })
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
