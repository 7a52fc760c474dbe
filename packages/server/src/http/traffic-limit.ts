/** `x-oss-traffic-limit`: the rate at which a request wants its bytes to pass. */

import { OssError, type Query } from '@lading/protocol'
import type { RequestHeaders } from '../api/operation.ts'
import { Pace } from './pace.ts'

const NAME = 'x-oss-traffic-limit'

/** Bits a second. Source: "Single-connection bandwidth throttling", OSS user guide. */
const LEAST = 819_200
const MOST = 838_860_800

/**
 * Operations that it slows down; every other one takes no notice of it. Source: as above. `raised`:
 * one that is too low counts as the lowest, as ali-oss's live suite sends with parts of an upload.
 */
const limited: Readonly<Record<string, { readonly tooLow: 'refused' | 'raised' }>> = {
  GetObject: { tooLow: 'refused' },
  PutObject: { tooLow: 'refused' },
  AppendObject: { tooLow: 'refused' },
  PostObject: { tooLow: 'refused' },
  CopyObject: { tooLow: 'refused' },
  UploadPart: { tooLow: 'raised' },
  UploadPartCopy: { tooLow: 'raised' },
}

/**
 * The pace that the request asks for, if it does.
 *
 * @throws {OssError} `InvalidArgument` for a number out of range, no number, or two of them.
 */
export function askedPace(
  operation: string,
  { headers, query }: { readonly headers: RequestHeaders; readonly query: Query },
): Pace | undefined {
  const rules = Object.hasOwn(limited, operation) ? limited[operation] : undefined
  if (!rules) return undefined
  const inHeader = headers.get(NAME)
  const inQuery = query.get(NAME)
  if (inHeader !== undefined && inQuery !== undefined) {
    throw refuse(
      inHeader,
      `${NAME} should be specified either in query string or header, not both.`,
    )
  }
  const text = inHeader ?? inQuery
  if (text === undefined) return undefined
  const bits = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (bits < LEAST && rules.tooLow === 'raised') return new Pace(LEAST / 8)
  if (bits >= LEAST && bits <= MOST) return new Pace(bits / 8)
  throw refuse(text, `The ${NAME} must be a number of bits a second from ${LEAST} to ${MOST}.`)
}

function refuse(value: string, message: string): OssError {
  return new OssError('InvalidArgument', {
    message,
    details: { ArgumentName: NAME, ArgumentValue: value.slice(0, 200) },
  })
}
