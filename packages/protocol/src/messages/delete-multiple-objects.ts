/** DeleteMultipleObjects: the objects to delete, and what became of them. */

import { OssError } from '../errors.ts'
import { MAX_DELETE_KEYS } from '../limits.ts'
import {
  childrenOf,
  document,
  element,
  malformedXml,
  optionalElement,
  optionalTextOf,
  parseXml,
  textOf,
  type XmlElement,
} from '../xml.ts'
import {
  type EncodingOptions,
  encodableElement,
  encodableReader,
  encodingTypeElement,
  optionalFlagOf,
  refuseOtherChildren,
} from './fields.ts'

export interface ObjectToDelete {
  /** Never trimmed: a blank at its end belongs to it. */
  readonly key: string
  /** `undefined` where none is named; the empty text is one that was sent empty. */
  readonly versionId: string | undefined
}

export interface DeleteMultipleObjects {
  /** Whether the answer lists nothing of what was deleted. */
  readonly quiet: boolean
  readonly objects: readonly ObjectToDelete[]
}

export function encodeDeleteMultipleObjects({ quiet, objects }: DeleteMultipleObjects): string {
  return document(
    element('Delete', [
      element('Quiet', quiet),
      ...objects.map(({ key, versionId }) =>
        element('Object', [element('Key', key), optionalElement('VersionId', versionId)]),
      ),
    ]),
  )
}

/**
 * From one to 1,000 objects. Keys may hold control characters, raw or as references, and are not
 * judged here; anything beside an object is refused, because an ignored element could be one to keep.
 *
 * @throws {OssError} `MalformedXML`.
 */
export function decodeDeleteMultipleObjects(xml: string): DeleteMultipleObjects {
  try {
    const root = parseXml(xml, 'Delete')
    refuseOtherChildren(root, ['Quiet', 'Object'])
    const objects = childrenOf(root, 'Object')
    if (objects.length === 0) throw malformedXml('There is no Object.')
    if (objects.length > MAX_DELETE_KEYS) {
      throw malformedXml(`There are more than ${MAX_DELETE_KEYS} objects.`)
    }
    return {
      quiet: optionalFlagOf(root, 'Quiet') ?? false,
      objects: objects.map(objectToDelete),
    }
  } catch (error) {
    if (!(error instanceof OssError)) throw error
    // Source of the number: the mocked answers of the OSS Go SDK v2.
    throw new OssError('MalformedXML', {
      ec: '0016-00000608',
      details: error.details,
      cause: error,
    })
  }
}

function objectToDelete(object: XmlElement): ObjectToDelete {
  refuseOtherChildren(object, ['Key', 'VersionId'])
  return { key: textOf(object, 'Key'), versionId: optionalTextOf(object, 'VersionId') }
}

export interface DeletedObject {
  readonly key: string
  /** The version that the request named. */
  readonly versionId: string | undefined
  /** Whether a delete marker was added, or was what was deleted. */
  readonly deleteMarker: boolean
  readonly deleteMarkerVersionId: string | undefined
}

export interface DeleteResult {
  /** In the order of the request, whether they existed or not. */
  readonly deleted: readonly DeletedObject[]
}

/** The answer to a request that is not quiet; a quiet one is answered by an empty body. */
export function encodeDeleteResult(result: DeleteResult, options: EncodingOptions = {}): string {
  return document(
    element('DeleteResult', [
      encodingTypeElement(options),
      ...result.deleted.map((object) =>
        element('Deleted', [
          encodableElement('Key', object.key, options),
          optionalElement('VersionId', object.versionId),
          optionalElement('DeleteMarker', object.deleteMarker || undefined),
          optionalElement('DeleteMarkerVersionId', object.deleteMarkerVersionId),
        ]),
      ),
    ]),
  )
}

/** An empty text, as a quiet request is answered, lists nothing. @throws {OssError} `MalformedXML`. */
export function decodeDeleteResult(xml: string): DeleteResult {
  if (xml.trim() === '') return { deleted: [] }
  const root = parseXml(xml, 'DeleteResult')
  const reader = encodableReader(root)
  return {
    deleted: childrenOf(root, 'Deleted').map((object) => ({
      key: reader.textOf(object, 'Key'),
      versionId: optionalTextOf(object, 'VersionId') || undefined,
      deleteMarker: optionalFlagOf(object, 'DeleteMarker') ?? false,
      deleteMarkerVersionId: optionalTextOf(object, 'DeleteMarkerVersionId') || undefined,
    })),
  }
}
