/** What has to hold in every cell, whatever the fault. Each check gives the sentences that do not. */

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Cell, endOf } from './matrix.ts'
import type { Operation, WireRequest } from './wire-request.ts'
import { type Bench, FAULTY_PART, TRIES, type Work } from './works.ts'

/** A cell after its work. */
export interface Seen {
  readonly cell: Cell
  readonly bench: Bench
  readonly work: Work
  /** What the work rejected with. */
  readonly error: unknown
  /** The object before and after; `undefined` where there is none. */
  readonly before: Buffer | undefined
  readonly object: Buffer | undefined
  /** Ids of uploads of the key that were open before, and that are. */
  readonly openBefore: readonly string[]
  readonly open: readonly string[]
  readonly requests: readonly WireRequest[]
  /** Ids of open uploads that an earlier run told of. */
  readonly toldOf: readonly string[]
}

/** Right, or with the error that the matrix names, which says where and why. */
export function endsAsItHasTo({ cell, error, bench }: Seen): readonly string[] {
  const end = endOf(cell)
  if (end === 'right') return error ? [`it failed: ${describe(error)}`] : []
  if (!(error instanceof Error)) return [`it ended well instead of by ${end.error}`]
  const broken: string[] = []
  if (error.name !== end.error) broken.push(`${describe(error)} is no ${end.error}`)
  if (end.code !== undefined && !codesOf(error).includes(end.code)) {
    broken.push(`${describe(error)} does not have the code ${end.code}`)
  }
  return [...broken, ...saysWhere(cell, error, bench)]
}

const multipart: readonly Operation[] = [
  'UploadPart',
  'UploadPartCopy',
  'ListParts',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
]

/** The operation, the part and the upload, as fields of the error. */
function saysWhere(
  { operation, fault }: Cell,
  error: Error,
  { uploadId }: Bench,
): readonly string[] {
  // What an object's bytes come to is found out over many answers, and a copied part's at the end.
  const isFoundLater = operation === 'UploadPartCopy' && fault.startsWith('wrong')
  if (isFoundLater || operation === 'GetObject') return []
  const expected: Record<string, unknown> = { operation }
  if (operation.startsWith('UploadPart')) expected.partNumber = FAULTY_PART
  if (multipart.includes(operation) && uploadId !== undefined) expected.uploadId = uploadId
  return Object.entries(expected)
    .filter(([name, value]) => Reflect.get(error, name) !== value)
    .map(
      ([name, value]) =>
        `${describe(error)} has ${Reflect.get(error, name)} as its ${name} instead of ${value}`,
    )
}

/** No part, and nothing else, is sent more often than it may be tried. */
export function staysWithinBudget({ cell, requests }: Seen): readonly string[] {
  const counts = new Map<string, number>()
  for (const { operation, uploadId = '', partNumber = '', range = '' } of requests) {
    // Completing may look twice for what became of it; both looks are bounded by themselves.
    if (operation === undefined || operation === 'ListParts' || operation === 'HeadObject') continue
    const name = [operation, partNumber, uploadId, range].join(' ').trim()
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].flatMap(([name, count]) => {
    const isDenied = cell.fault === 'denied' && isFaulty(name, cell.operation)
    const budget = isDenied ? 1 : TRIES
    return count > budget ? [`${name} was sent ${count} times instead of ${budget}`] : []
  })
}

function isFaulty(name: string, operation: Operation): boolean {
  const part = operation.startsWith('UploadPart') ? ` ${FAULTY_PART}` : ''
  return name.startsWith(`${operation}${part} `)
}

/** A `Retry-After` of a second is waited for. */
export function waitsAsItIsTold({ cell, bench }: Seen): readonly string[] {
  // Abort on the handle has no ear for it.
  if (cell.fault !== 'busy-503' || cell.operation === 'AbortMultipartUpload') return []
  return bench.waits.some((ms) => ms >= 1000)
    ? []
    : [`it waited ${bench.waits.join(', ')} ms instead of a second`]
}

/** What is there is what was meant, or what was there before; never anything else. */
export async function leavesNothingWrong(seen: Seen): Promise<readonly string[]> {
  const { work, bench, error, before, object } = seen
  if (work.makes === 'file') {
    const file = await readFile(bench.destination).catch(() => undefined)
    if (error) return file ? ['the file is there though the download failed'] : []
    return isContent(file, bench) ? [] : ['the file has other bytes than the object']
  }
  if (isContent(object, bench)) return work.makes === 'nothing' ? ['the object is there'] : []
  if (!error && work.makes !== 'nothing') {
    return [`the object is ${object ? 'another one' : 'missing'} though all went well`]
  }
  const isAsBefore = before === object || (before && object && before.equals(object))
  return isAsBefore ? [] : ['the object is neither what was meant nor what was there before']
}

function isContent(bytes: Buffer | undefined, { content }: Bench): boolean {
  return bytes?.equals(content) === true && sha256(bytes) === sha256(content)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * An upload stays open only to be resumed, and then the handle names it; but for those that may have
 * been initiated without an answer ever, of which it tells.
 */
export function leavesNoOrphan(seen: Seen): readonly string[] {
  const { cell, bench, error, openBefore, open, work, toldOf } = seen
  const mayStay = error && work.cleansUp !== true ? [bench.uploadId, ...openBefore] : []
  const orphans = open.filter((id) => !mayStay.includes(id) && !toldOf.includes(id))
  const isTold = bench.notices.some((notice) => notice.includes('an empty upload of oss://'))
  if (cell.operation === 'InitiateMultipartUpload' && error && isTold) return []
  return orphans.map((id) => `the upload ${id} is left, and nobody knows of it`)
}

/** The error's own code, or that of what is beneath it. */
function codesOf(error: Error): unknown[] {
  const codes: unknown[] = []
  for (let next: unknown = error; next instanceof Error; next = next.cause) {
    if ('code' in next) codes.push(next.code)
  }
  return codes
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name} "${error.message}"` : String(error)
}
