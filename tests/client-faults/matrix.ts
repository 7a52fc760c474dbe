/** The fault matrix as data: what may befall which operation, and what has to come of it. */

import type { WireFault } from './faulty-proxy.ts'
import { type Operation, operations } from './wire-request.ts'

/** `refused`: nobody listens where the request goes. */
export type Fault = 'refused' | WireFault

export const faults = [
  'refused',
  'denied',
  'reset-before-body',
  'reset-mid-body',
  'reset-after-body',
  'cut-answer',
  'error-500',
  'busy-503',
  'error-in-200',
  'wrong-etag',
  'wrong-crc',
  'stall',
  'stalled-answer',
] as const satisfies readonly Fault[]

/** How often: the first matching request meets the fault, or every one does. */
export type Times = 'once' | 'always'

export type Verify = 'md5' | 'strict'

export interface Cell {
  readonly operation: Operation
  readonly fault: Fault
  readonly times: Times
  readonly verify: Verify
}

/**
 * How the work ends in which the operation is met: `right`, with the bytes that were meant, or with an
 * error of a class and, where the service or the system names one, of a code.
 */
export type End = 'right' | ErrorEnd

export interface ErrorEnd {
  readonly error: 'OssError' | 'TransportError' | 'IntegrityError'
  readonly code?: string
}

const lost: ErrorEnd = { error: 'TransportError' }
const wrong: ErrorEnd = { error: 'IntegrityError' }
const denied: ErrorEnd = { error: 'OssError', code: 'AccessDenied' }
const invalidPart: ErrorEnd = { error: 'OssError', code: 'InvalidPart' }
const broken: ErrorEnd = { error: 'OssError', code: 'InternalError' }

/** Whatever the operation: once is overcome, always is said as what it is. */
const usual: Readonly<Record<Fault, Readonly<Record<Times, End>>>> = {
  refused: { once: 'right', always: { error: 'TransportError', code: 'ECONNREFUSED' } },
  denied: { once: denied, always: denied },
  'reset-before-body': { once: 'right', always: lost },
  'reset-mid-body': { once: 'right', always: lost },
  'reset-after-body': { once: 'right', always: lost },
  'cut-answer': { once: 'right', always: lost },
  'error-500': { once: 'right', always: broken },
  'busy-503': { once: 'right', always: { error: 'OssError', code: 'ServiceUnavailable' } },
  'error-in-200': { once: 'right', always: broken },
  'wrong-etag': { once: 'right', always: wrong },
  'wrong-crc': { once: 'right', always: wrong },
  stall: { once: 'right', always: lost },
  'stalled-answer': { once: 'right', always: lost },
}

const right = { once: 'right', always: 'right' } as const

type Exception = Readonly<Partial<Record<Fault, Readonly<Partial<Record<Times, End>>>>>>

const exceptions: Readonly<Partial<Record<Operation, Exception>>> = {
  // Done, and HEAD shows it.
  CompleteMultipartUpload: {
    'reset-after-body': right,
    'cut-answer': right,
    'error-500': right,
    'stalled-answer': right,
    'wrong-etag': right,
    'wrong-crc': right,
  },
  // What is listed only says what need not be sent: a lie costs a part sent again.
  ListParts: { 'wrong-etag': right, 'wrong-crc': right },
  // An object that seems to be another one is sent again.
  HeadObject: { 'wrong-etag': right, 'wrong-crc': right },
  // The object's sums were asked for before, and every answer brings some bytes more.
  GetObject: {
    'wrong-etag': { always: { error: 'OssError', code: 'PreconditionFailed' } },
    'wrong-crc': right,
    'cut-answer': right,
    'stalled-answer': right,
    // What comes instead of the object is none, and nobody reads whether it tells why.
    'error-in-200': { always: lost },
  },
  // What became of a part only the service knows, so that what it says of one is what counts.
  UploadPartCopy: {
    'wrong-etag': { once: invalidPart, always: invalidPart },
    'wrong-crc': { once: wrong },
  },
}

export function endOf({ operation, fault, times }: Cell): End {
  return exceptions[operation]?.[fault]?.[times] ?? usual[fault][times]
}

/** Requests with a body, answers with an ETag or a CRC-64, and answers that can hold a document. */
const withBody: readonly Operation[] = ['UploadPart', 'CompleteMultipartUpload', 'PutObject']
const withoutSums: readonly Operation[] = [
  'InitiateMultipartUpload',
  'ListMultipartUploads',
  'AbortMultipartUpload',
]

function canMeet(operation: Operation, fault: Fault): boolean {
  if (fault === 'reset-mid-body') return withBody.includes(operation)
  if (fault === 'wrong-etag' || fault === 'wrong-crc') return !withoutSums.includes(operation)
  // Neither has a body in its answer that could hold one.
  if (fault === 'error-in-200') return operation !== 'HeadObject'
  return true
}

/** Every cell there is. */
export function allCells(): readonly Cell[] {
  return operations.flatMap((operation) =>
    faults
      .filter((fault) => canMeet(operation, fault))
      .flatMap((fault) =>
        (['once', 'always'] as const).flatMap((times) =>
          levelsOf(operation, fault).map((verify) => ({ operation, fault, times, verify })),
        ),
      ),
  )
}

/** Where something is proved, both levels; where nothing is, how much makes no difference. */
function levelsOf(operation: Operation, fault: Fault): readonly Verify[] {
  if (!proving.includes(operation)) return ['md5']
  // Under md5 nobody takes the CRC-64 that would show a single part's to be wrong.
  if (fault === 'wrong-crc' && operation !== 'CompleteMultipartUpload') return ['strict']
  return ['md5', 'strict']
}

const proving: readonly Operation[] = [
  'UploadPart',
  'ListParts',
  'CompleteMultipartUpload',
  'PutObject',
  'HeadObject',
]

export function nameOf({ operation, fault, times, verify }: Cell): string {
  return `${operation}, ${fault}, ${times}, verify ${verify}`
}
