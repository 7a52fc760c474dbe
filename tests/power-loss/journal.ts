/** What the recorder wrote: every change and every sync below one directory, in order, and marks of ours. */

import { appendFileSync, readFileSync } from 'node:fs'

/** Inodes are numbers of the file system, and may be used again once a file is gone. */
export type JournalEvent =
  /** With `inFlight` it is durable once a `write-durable` of the same id follows. */
  | {
      readonly kind: 'write'
      readonly id: bigint
      readonly inode: number
      readonly path: string
      readonly offset: number
      readonly data: Buffer
      readonly inFlight: boolean
    }
  | {
      readonly kind: 'write-durable' | 'sync-begin' | 'sync-end'
      readonly id: bigint
      readonly inode: number
      readonly path: string
      /** The errno; 0 for none. */
      readonly error: number
    }
  | {
      readonly kind: 'truncate'
      readonly inode: number
      readonly path: string
      readonly length: number
    }
  | {
      readonly kind: 'create' | 'mkdir' | 'unlink' | 'rmdir'
      readonly inode: number
      readonly path: string
    }
  /** `path` is the new name, `from` the one that it had, or still has. */
  | {
      readonly kind: 'rename' | 'link'
      readonly inode: number
      readonly path: string
      readonly from: string
    }
  | { readonly kind: 'mark'; readonly text: string }
  /** A call that was made to fail, or to be the last. */
  | {
      readonly kind: 'fault'
      readonly operation: string
      readonly path: string
      readonly error: number
    }

/** Bytes before the texts and data of a record. */
const HEAD = 42

const kinds = {
  1: 'write',
  2: 'write-durable',
  3: 'sync-begin',
  4: 'sync-end',
  5: 'truncate',
  6: 'create',
  7: 'mkdir',
  8: 'unlink',
  9: 'rmdir',
  10: 'rename',
  11: 'link',
  12: 'mark',
  13: 'fatal',
  14: 'fault',
} as const
const MARK = 12

/** @throws {Error} the recorder met something that it does not follow. */
export function readJournal(file: string): JournalEvent[] {
  const bytes = readFileSync(file)
  const events: JournalEvent[] = []
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at)) {
    events.push(decode(bytes.subarray(at, at + bytes.readUInt32LE(at))))
  }
  return events
}

/** Appends a mark in one call, so that it stands between the records of others. */
export function appendMark(file: string, text: string): void {
  const data = Buffer.from(text)
  const record = Buffer.alloc(HEAD + data.length)
  record.writeUInt32LE(record.length, 0)
  record.writeUInt8(MARK, 4)
  record.writeUInt32LE(data.length, HEAD - 4)
  data.copy(record, HEAD)
  appendFileSync(file, record)
}

function decode(record: Buffer): JournalEvent {
  const code = record.readUInt8(4)
  const kind = kinds[code as keyof typeof kinds]
  if (!kind) throw new Error(`The journal holds a record of kind ${code}.`)
  const inFlight = record.readUInt8(5) === 1
  const pathEnd = HEAD + record.readUInt16LE(6)
  const otherEnd = pathEnd + record.readUInt16LE(8)
  const error = record.readInt32LE(10)
  const inode = Number(record.readBigUInt64LE(14))
  const offset = Number(record.readBigUInt64LE(22))
  const id = record.readBigUInt64LE(30)
  const path = record.toString('utf8', HEAD, pathEnd)
  const other = record.toString('utf8', pathEnd, otherEnd)
  const data = record.subarray(otherEnd)
  switch (kind) {
    case 'write':
      return { kind, id, inode, path, offset, data, inFlight }
    case 'write-durable':
    case 'sync-begin':
    case 'sync-end':
      return { kind, id, inode, path, error }
    case 'truncate':
      return { kind, inode, path, length: offset }
    case 'rename':
    case 'link':
      return kind === 'rename'
        ? { kind, inode, path: other, from: path }
        : { kind, inode, path, from: other }
    case 'mark':
      return { kind, text: data.toString('utf8') }
    case 'fault':
      return { kind, operation: other, path, error }
    case 'fatal':
      throw new Error(`The recorder does not follow ${other} on ${path}.`)
    default:
      return { kind, inode, path }
  }
}
