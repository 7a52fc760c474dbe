/** `PUT /KEY` with `x-oss-copy-source`: copies an object, or changes what is said of it where it is. */

import {
  encodeCopyObjectResult,
  formatCrc64,
  formatETag,
  MAX_PUT_SIZE,
  OssError,
} from '@lading/protocol'
import type { RequestedAttributes } from '../store/attributes.ts'
import { forbidOverwrite as refuseOverwrite } from '../store/refusals.ts'
import { requireReadable } from '../store/restore.ts'
import type { ObjectReader, Store, StoredObject } from '../store/store.ts'
import { requestedEncryptionRule } from './bucket-encryption.ts'
import { isNotModified } from './conditions.ts'
import { damagedSource, openSource } from './copy-source.ts'
import {
  encryptionHeaders,
  requestedAcl,
  requestedAttributes,
  requestedStorageClass,
  requestedTags,
  versionHeaders,
} from './object-attributes.ts'
import type { Operation, OssRequest, RequestHeaders } from './operation.ts'
import { flagOf, invalidArgument, objectOf } from './parameters.ts'

/** Metadata of clients that encrypt: without it nobody could read the copy. Source: the Python SDK's suite. */
const CLIENT_ENCRYPTION = 'client-side-encryption-'

export const copyObject: Operation = {
  name: 'CopyObject',
  method: 'PUT',
  resource: 'object',
  query: [],
  header: 'x-oss-copy-source',
  action: 'oss:PutObject',
  access: 'write',
  takesSpace: true,
  body: { kind: 'none' },

  async handle(request, { store }) {
    const { reader, headers } = await openSource(request, { store })
    if (!reader) return { status: 304, headers }
    try {
      const object = staysInPlace(request, reader.object)
        ? await changeInPlace(request, reader.object, store)
        : await copyElsewhere(request, reader, store)
      const { etag, crc64, modifiedAt } = object
      return {
        status: 200,
        headers: {
          ETag: formatETag(etag),
          'x-oss-hash-crc64ecma': formatCrc64(crc64),
          ...encryptionHeaders(object.attributes.encryption),
          ...versionHeaders(request, object),
          ...headers,
        },
        xml: encodeCopyObjectResult({ etag, lastModified: modifiedAt }),
      }
    } finally {
      reader.release()
    }
  },
}

/** Whether the copy would take the place of its source. Where versions are kept it never does. */
function isItself(request: OssRequest, source: StoredObject): boolean {
  const { bucket, key } = objectOf(request)
  return bucket === source.bucket && key === source.key && !request.bucketRow?.versioning
}

/** An encryption that is asked for may be another one, and then the bytes move. */
function staysInPlace(request: OssRequest, source: StoredObject): boolean {
  return !asksToEncrypt(request.headers, source) && isItself(request, source)
}

/** Whether the bytes are to lie otherwise than those of `object` do. */
function asksToEncrypt(headers: RequestHeaders, { attributes }: StoredObject): boolean {
  const asked = requestedEncryptionRule(headers)
  if (!asked) return false
  const { encryption } = attributes
  const same =
    asked.algorithm === encryption?.algorithm &&
    asked.dataAlgorithm === encryption.dataAlgorithm &&
    (asked.keyId ?? encryption.keyId) === encryption.keyId
  return !same
}

/**
 * Stores the bytes anew. Their sums must come to those of the source, or nothing is stored. Of a link
 * the link is copied. Source: CopyObject, OSS API reference.
 */
async function copyElsewhere(
  request: OssRequest,
  reader: ObjectReader,
  store: Store,
): Promise<StoredObject> {
  const { headers, signal, time } = request
  const { size, crc64, md5, symlinkTarget } = reader.object
  const target = {
    ...objectOf(request),
    attributes: isItself(request, reader.object)
      ? changedAttributes(headers, reader.object.attributes)
      : copiedAttributes(headers, reader.object.attributes, replaces(headers)),
    forbidOverwrite: flagOf(headers, 'x-oss-forbid-overwrite'),
  }
  if (symlinkTarget !== undefined) {
    return await store.putSymlink({ ...target, target: symlinkTarget })
  }
  requireReadable(reader.object, time)
  if (size > MAX_PUT_SIZE) throw tooLarge()
  const bytes = request.slowly(reader.read({ offset: 0, length: size }))
  const expected = { crc64, md5, refusal: damagedSource }
  return await store.putObject({ ...target, expected, bytes }, { signal })
}

/**
 * No byte moves, and what the object is stays: its type, its ETag, its tags unless they are replaced.
 * Its metadata is the request's, whatever the directive says. Source: CopyObject, OSS API reference.
 */
async function changeInPlace(
  request: OssRequest,
  source: StoredObject,
  store: Store,
): Promise<StoredObject> {
  const { headers, time } = request
  // Read also where it decides nothing: what is misspelt is refused.
  replaces(headers)
  if (flagOf(headers, 'x-oss-forbid-overwrite')) refuseOverwrite(source)
  return await store.updateObject(objectOf(request), (current) => {
    // Another object may have taken the place of the one that the conditions were held against.
    if (current.etag !== source.etag) isNotModified(headers, current, 'x-oss-copy-source-')
    if (asksToEncrypt(headers, current)) throw replacedMeanwhile()
    const { storageClass, encryption } = current.attributes
    const attributes = {
      ...changedAttributes(headers, current.attributes),
      ...(encryption && { encryption }),
    }
    // Out of an archive comes what can be read.
    if (storageClass !== attributes.storageClass) requireReadable(current, time)
    return { ...current, modifiedAt: time, attributes }
  })
}

/** What is said anew of an object that stays where it is: its class and ACL are its own until changed. */
function changedAttributes(
  headers: RequestHeaders,
  current: StoredObject['attributes'],
): StoredObject['attributes'] {
  const asked = copiedAttributes(headers, current, true)
  const { storageClass = current.storageClass, acl = current.acl } = asked
  return { ...asked, storageClass, ...(acl !== undefined && { acl }) }
}

/** What the copy is besides its bytes. Neither an ACL nor an encryption is ever copied. */
function copiedAttributes(
  headers: RequestHeaders,
  source: StoredObject['attributes'],
  replaced: boolean,
): RequestedAttributes {
  const {
    contentType,
    headers: kept,
    userMetadata,
  } = replaced ? replacedMetadata(headers, source) : source
  const replacesTags = directiveOf(headers, 'x-oss-tagging-directive') === 'REPLACE'
  const tags = replacesTags ? requestedTags(headers) : source.tags
  const acl = requestedAcl(headers)
  const encryption = requestedEncryptionRule(headers)
  return {
    contentType,
    headers: kept,
    userMetadata,
    storageClass: requestedStorageClass(headers),
    ...(encryption && { encryption }),
    ...(tags && { tags }),
    ...(acl !== undefined && { acl }),
  }
}

/** Without a type of its own the copy keeps that of its source. Source: the Python SDK's suite. */
function replacedMetadata(
  headers: RequestHeaders,
  source: StoredObject['attributes'],
): Pick<RequestedAttributes, 'contentType' | 'headers' | 'userMetadata'> {
  const { headers: kept, userMetadata } = requestedAttributes(headers)
  const needed = Object.entries(source.userMetadata).filter(([name]) =>
    name.startsWith(CLIENT_ENCRYPTION),
  )
  return {
    contentType: headers.get('content-type') || source.contentType,
    headers: kept,
    userMetadata: { ...Object.fromEntries(needed), ...userMetadata },
  }
}

function replaces(headers: RequestHeaders): boolean {
  return directiveOf(headers, 'x-oss-metadata-directive') === 'REPLACE'
}

/** In any case, as the SDKs send it. @throws {OssError} `InvalidArgument`. */
function directiveOf(headers: RequestHeaders, name: string): 'COPY' | 'REPLACE' {
  const text = headers.get(name)
  const directive = text?.toUpperCase() ?? 'COPY'
  if (directive === 'COPY' || directive === 'REPLACE') return directive
  throw invalidArgument(name, text ?? '')
}

/** To say that bytes are encrypted that are not would make other bytes of them. */
function replacedMeanwhile(): OssError {
  return new OssError('ServiceUnavailable', {
    message: 'The object was replaced meanwhile. Please copy again.',
  })
}

function tooLarge(): OssError {
  return new OssError('EntityTooLarge', {
    message: 'Source object Length exceeds the maximum allowed size.',
    details: { MaxSizeAllowed: String(MAX_PUT_SIZE) },
  })
}
