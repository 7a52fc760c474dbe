/** One blob's bytes from a stream into a file, gathered so that small chunks cost no system call each. */

import { BLOCK, type BlockSums, SUM, writeSum } from '../blob-layout.ts'
import type { NewFile } from './file-system.ts'

/**
 * Bytes that are gathered before they are written: a few large writes are cheaper than many small. Two
 * mebibytes are no cheaper again.
 */
export const GATHERED: number = 1024 * 1024

/** The same while many others are being written. */
export const GATHERED_AMONG_MANY: number = 256 * 1024

/** Bytes of a new buffer; it grows with what comes, so that a client that hardly sends costs little. */
const FIRST_GATHERED = 4 * 1024

/** Buffers that are kept at most. */
const SPARE_BUFFERS = 16

/**
 * Appends all of `bytes` and the sums of their blocks, asking for a chunk only when the one before it
 * is copied or written. Holds fewer than `gather` bytes besides that chunk, in a buffer from `spare` if there
 * is one, to which it is returned. Resolves with the number of bytes; syncs nothing.
 */
export async function writeThrough(
  file: NewFile,
  bytes: AsyncIterable<Uint8Array>,
  {
    sums,
    spare,
    gather,
  }: { readonly sums: BlockSums; readonly spare: Uint8Array[]; readonly gather: number },
): Promise<number> {
  let buffer = spare.pop() ?? new Uint8Array(FIRST_GATHERED)
  let gathered = 0
  let size = 0
  try {
    for await (const chunk of bytes) {
      size += chunk.length
      const pieces = withSums(chunk, sums)
      const length = pieces.reduce((total, piece) => total + piece.length, 0)
      if (gathered + length < gather) {
        buffer = withRoom(buffer, gathered, length)
        for (const piece of pieces) {
          buffer.set(piece, gathered)
          gathered += piece.length
        }
      } else {
        await writeFully(file, [buffer.subarray(0, gathered), ...pieces])
        gathered = 0
      }
    }
    const last = sums.left < BLOCK ? [sumBytes(sums)] : []
    if (gathered + last.length > 0) await writeFully(file, [buffer.subarray(0, gathered), ...last])
    return size
  } finally {
    if (buffer.length >= GATHERED_AMONG_MANY && spare.length < SPARE_BUFFERS) spare.push(buffer)
  }
}

/** The chunk, with the sum of each block that it completes behind it. */
function withSums(chunk: Uint8Array, sums: BlockSums): Uint8Array[] {
  if (chunk.length < sums.left) {
    sums.add(chunk)
    return [chunk]
  }
  const pieces: Uint8Array[] = []
  for (let at = 0; at < chunk.length; ) {
    const piece = chunk.subarray(at, at + sums.left)
    sums.add(piece)
    pieces.push(piece)
    at += piece.length
    if (sums.left === 0) pieces.push(sumBytes(sums))
  }
  return pieces
}

function sumBytes(sums: BlockSums): Uint8Array {
  const bytes = new Uint8Array(SUM)
  writeSum(bytes, 0, sums.take())
  return bytes
}

/** The buffer, or a larger one with its first `used` bytes, that takes `more`. */
function withRoom(buffer: Uint8Array, used: number, more: number): Uint8Array {
  let length = buffer.length
  while (length < used + more) length *= 4
  if (length === buffer.length) return buffer
  const larger = new Uint8Array(length)
  larger.set(buffer.subarray(0, used))
  return larger
}

/** The kernel may take fewer bytes than it is given. */
async function writeFully(file: NewFile, buffers: readonly Uint8Array[]): Promise<void> {
  let left = buffers.filter(({ length }) => length > 0)
  while (left.length > 0) {
    let taken = await file.writev(left)
    if (taken === 0) throw new Error('The file takes no more bytes.')
    const rest: Uint8Array[] = []
    for (const buffer of left) {
      if (taken < buffer.length) rest.push(buffer.subarray(taken))
      taken = Math.max(0, taken - buffer.length)
    }
    left = rest
  }
}
