/** Every body of the wire cases, read and written back. */

import { expect, test } from 'vitest'
import { normalise, type WireCase, wireCases } from '../fixtures/wire.ts'
import {
  decodeCompleteMultipartUpload,
  decodeCompleteMultipartUploadResult,
  encodeCompleteMultipartUpload,
  encodeCompleteMultipartUploadResult,
} from './complete-multipart-upload.ts'
import { decodeCopyPartResult, encodeCopyPartResult } from './copy-part.ts'
import { decodeError, encodeError } from './error.ts'
import type { EncodingOptions } from './fields.ts'
import {
  decodeInitiateMultipartUploadResult,
  encodeInitiateMultipartUploadResult,
} from './initiate-multipart-upload.ts'
import {
  decodeListMultipartUploadsResult,
  encodeListMultipartUploadsResult,
} from './list-multipart-uploads.ts'
import { decodeListPartsResult, encodeListPartsResult } from './list-parts.ts'

const rewriters: Readonly<Record<string, (xml: string, options: EncodingOptions) => string>> = {
  InitiateMultipartUpload: (xml, options) =>
    encodeInitiateMultipartUploadResult(decodeInitiateMultipartUploadResult(xml), options),
  UploadPartCopy: (xml) => encodeCopyPartResult(decodeCopyPartResult(xml)),
  ListParts: (xml, options) => encodeListPartsResult(decodeListPartsResult(xml), options),
  ListMultipartUploads: (xml, options) =>
    encodeListMultipartUploadsResult(decodeListMultipartUploadsResult(xml), options),
  CompleteMultipartUpload: (xml, options) =>
    encodeCompleteMultipartUploadResult(decodeCompleteMultipartUploadResult(xml), options),
}

function rewriteError(xml: string): string {
  const error = decodeError(xml)
  if (!error) throw new Error('This is no error body.')
  return encodeError(error)
}

function rewriteAnswer({ operation, response }: WireCase): string {
  if (response.body.includes('<Error>')) return rewriteError(response.body)
  const rewrite = rewriters[operation]
  if (!rewrite) throw new Error(`No codec for the answer of ${operation}.`)
  const encodingType = response.body.includes('<EncodingType>url<') ? 'url' : undefined
  return rewrite(response.body, { encodingType })
}

const answers = wireCases.filter(({ response }) => response.body.startsWith('<?xml'))
const lists = wireCases.filter(({ request }) => request.body.startsWith('<Complete'))

/** Clients send ETags bare as well; ours are written in quotes. */
const quoteETags = (xml: string): string =>
  xml.replace(/<ETag>([^"<]*)<\/ETag>/g, '<ETag>"$1"</ETag>')

test('all 31 exchanges are here, and every body in XML is read below', () => {
  expect(wireCases).toHaveLength(31)
  expect([answers.length, lists.length]).toEqual([26, 9])
  const otherAnswers = wireCases.filter((one) => !answers.includes(one))
  expect(new Set(otherAnswers.map(({ response }) => response.body))).toEqual(
    new Set(['', '{"Status":"OK"}']),
  )
  const otherRequests = wireCases.filter((one) => !lists.includes(one))
  expect(new Set(otherRequests.map(({ request }) => request.body))).toEqual(
    new Set(['', 'hello', '<<102400 bytes of 0x61>>']),
  )
})

test.each(answers)('the answer of $id is written as it was read', (one) => {
  expect(normalise(rewriteAnswer(one))).toBe(normalise(one.response.body))
})

test.each(lists)('the list of parts of $id is written as it was read', ({ request }) => {
  const parts = decodeCompleteMultipartUpload(request.body)
  expect(normalise(encodeCompleteMultipartUpload(parts))).toBe(quoteETags(normalise(request.body)))
})

test('no answer has a namespace', () => {
  for (const one of answers) expect(rewriteAnswer(one)).not.toContain('xmlns')
})
