/** The answer to InitiateMultipartUpload: the id that names the upload from now on. */

import type { UploadId } from '../values.ts'
import { document, element, parseXml, textOf } from '../xml.ts'
import {
  type EncodingOptions,
  encodableElement,
  encodableReader,
  encodingTypeElement,
  uploadIdOf,
} from './fields.ts'

export interface InitiateMultipartUploadResult {
  readonly bucket: string
  readonly key: string
  readonly uploadId: UploadId
}

export function encodeInitiateMultipartUploadResult(
  result: InitiateMultipartUploadResult,
  options: EncodingOptions = {},
): string {
  return document(
    element('InitiateMultipartUploadResult', [
      encodingTypeElement(options),
      element('Bucket', result.bucket),
      encodableElement('Key', result.key, options),
      element('UploadId', result.uploadId),
    ]),
  )
}

/** @throws {OssError} `MalformedXML`. */
export function decodeInitiateMultipartUploadResult(xml: string): InitiateMultipartUploadResult {
  const root = parseXml(xml, 'InitiateMultipartUploadResult')
  return {
    bucket: textOf(root, 'Bucket'),
    key: encodableReader(root).textOf(root, 'Key'),
    uploadId: uploadIdOf(root),
  }
}
