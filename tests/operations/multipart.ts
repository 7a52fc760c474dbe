/** Uploads and parts as the tests of several operations need them. */

import { elementOf } from '../support/oss-wire.ts'
import type { ServiceAnswer, TestService } from './service.ts'

/** Bytes of the smallest part that need not be the last. */
export const LEAST = 102_400

export interface UploadAddress {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
}

/** Initiates an upload of `key`. */
export async function initiate(
  service: TestService,
  bucket: string,
  key: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<UploadAddress> {
  const request = { method: 'POST', bucket, key, query: { uploads: '' }, headers }
  const { text } = await service.call(request)
  const uploadId = elementOf(text, 'UploadId')
  if (uploadId === undefined) throw new Error(`No upload was initiated: ${text}`)
  return { bucket, key, uploadId }
}

export async function putPart(
  service: TestService,
  { bucket, key, uploadId }: UploadAddress,
  partNumber: number | string,
  body: string | Uint8Array = `part ${partNumber}`,
  headers: Readonly<Record<string, string>> = {},
): Promise<ServiceAnswer> {
  const query = { partNumber: String(partNumber), uploadId }
  return await service.call({ method: 'PUT', bucket, key, query, body, headers })
}

/** The contents of every element of that name. */
export function elementsOf(xml: string, name: string): string[] {
  const found = xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))
  return [...found].map(([, text = '']) => text)
}
