/** A range of a blob's bytes, out of the objects that it lies in. */

import {
  BlobDamagedError,
  type BlobId,
  BlobNotFoundError,
  type ByteRange,
} from '../../ports/blob-store.ts'
import { BLOCK, BlockSums, FULL, readSum, SUM } from '../blob-layout.ts'

/**
 * Blocks that are asked for at once. No request waits for a slow reader: what it has asked for is in
 * memory, and one request ahead of what is being passed on.
 */
const BLOCKS = 8

export interface PieceSource {
  /**
   * The bytes of a piece from `first` to `last`, or to its end; `undefined` when there is no such piece.
   */
  get(piece: number, first: number, last: number): Promise<Uint8Array | undefined>
  /** Whether there is any of the blob. */
  exists(): Promise<boolean>
  /** Bytes of the blob in a piece: whole blocks. */
  readonly pieceSize: number
}

/**
 * Yields of each block what lies in the range, once its sum is right.
 *
 * @throws {BlobNotFoundError} {BlobDamagedError} as the port says.
 */
export async function* readPieces(
  source: PieceSource,
  id: BlobId,
  { offset, length }: ByteRange,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (length === 0) {
    if (!(await source.exists())) throw new BlobNotFoundError(id)
    return
  }
  const end = offset + length
  let begun = false
  let block = Math.floor(offset / BLOCK)
  let window = ask(source, block, end)
  while (window) {
    const { stored, blocks } = { stored: await window.stored, blocks: window.blocks }
    if (stored === undefined) {
      if (!begun && !(await source.exists())) throw new BlobNotFoundError(id)
      throw new BlobDamagedError(id, `it has nothing from byte ${block * BLOCK}.`)
    }
    const next = ask(source, block + blocks, end)
    for (const bytes of proved(id, { first: block, blocks, stored, end })) {
      const from = block * BLOCK
      begun = true
      yield bytes.subarray(Math.max(0, offset - from), Math.min(bytes.length, end - from))
      block += 1
    }
    window = next
  }
}

interface Window {
  readonly blocks: number
  readonly stored: Promise<Uint8Array | undefined>
}

/** Asks for the next blocks of one piece; `undefined` behind the end of the range. */
function ask(source: PieceSource, block: number, end: number): Window | undefined {
  if (block * BLOCK >= end) return undefined
  const inPiece = source.pieceSize / BLOCK
  const piece = Math.floor(block / inPiece)
  const at = block % inPiece
  const blocks = Math.min(BLOCKS, inPiece - at, Math.ceil(end / BLOCK) - block)
  const stored = source.get(piece, at * FULL, (at + blocks) * FULL - 1)
  // It may fail while nobody waits for it yet, or when the reader has left.
  stored.catch(() => {})
  return { blocks, stored }
}

/** The blocks in what is stored of them, each of which must be there up to the end of the range. */
function* proved(
  id: BlobId,
  of: {
    readonly first: number
    readonly blocks: number
    readonly stored: Uint8Array
    readonly end: number
  },
): Iterable<Uint8Array> {
  const { first, blocks, stored, end } = of
  const sums = new BlockSums(id, first)
  for (let block = first, at = 0; block < first + blocks; block++, at += FULL) {
    const own = stored.subarray(at, Math.max(at, Math.min(at + BLOCK, stored.length - SUM)))
    const from = block * BLOCK
    if (from + own.length < Math.min(end, from + BLOCK)) {
      throw new BlobDamagedError(id, `it ends at byte ${from + own.length}.`)
    }
    sums.add(own)
    if (sums.take() !== readSum(stored, at + own.length)) {
      throw new BlobDamagedError(
        id,
        `its bytes from ${from} to ${from + own.length} are not those that were written.`,
      )
    }
    yield own
  }
}
