/** Two files byte for byte, with the sums of what they hold. */

import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { loadHasher } from '@lading/protocol'

const stepSize = 1024 * 1024

export interface FileSums {
  /** Bytes. */
  readonly size: number
  /** Lower-case hex. */
  readonly sha256: string
  /** Lower-case hex. */
  readonly md5: string
  readonly crc64: bigint
}

/**
 * Reads both files once, side by side.
 *
 * @throws {Error} saying where, when they differ.
 */
export async function compareFiles(expected: string, actual: string): Promise<FileSums> {
  const makeHasher = await loadHasher()
  const hasher = makeHasher()
  const sha256 = createHash('sha256')
  const left = await open(expected)
  const right = await open(actual)
  try {
    const one = Buffer.alloc(stepSize)
    const other = Buffer.alloc(stepSize)
    for (let offset = 0; ; ) {
      const length = await fill(left, one, offset)
      const found = await fill(right, other, offset)
      if (length !== found || one.compare(other, 0, found, 0, length) !== 0) {
        throw new Error(`The downloaded file differs within the ${stepSize} bytes from ${offset}.`)
      }
      if (length === 0) {
        const { md5, crc64 } = await hasher.finish()
        return { size: offset, sha256: sha256.digest('hex'), md5: hex(md5), crc64: crc64 ?? 0n }
      }
      const bytes = one.subarray(0, length)
      sha256.update(bytes)
      await hasher.update(bytes)
      offset += length
    }
  } finally {
    await left.close()
    await right.close()
  }
}

/** Reads until the buffer is full or the file ends: a single read may bring less than there is. */
async function fill(
  file: Awaited<ReturnType<typeof open>>,
  buffer: Uint8Array,
  offset: number,
): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
