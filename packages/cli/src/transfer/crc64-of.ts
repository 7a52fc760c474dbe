/** The CRC-64 of a file, to be compared with the service's. */

import { createReadStream } from 'node:fs'

/** Reads all of the file. */
export async function crc64Of(path: string, signal: AbortSignal): Promise<bigint | undefined> {
  const { loadHasher } = await import('@lading/protocol')
  const hasher = (await loadHasher())()
  try {
    for await (const chunk of createReadStream(path, { signal })) await hasher.update(chunk)
    return (await hasher.finish()).crc64
  } finally {
    hasher.abandon()
  }
}
