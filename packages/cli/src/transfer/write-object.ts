/** An object's bytes to stdout. */

import { once } from 'node:events'
import { type BandwidthLimit, type ObjectToRead, readObject } from '@lading/client/node'
import type { Service } from '../service.ts'

interface WriteOptions {
  readonly signal: AbortSignal
  readonly onWritten?: (bytes: number) => void
  readonly bandwidthLimit?: BandwidthLimit | undefined
}

/**
 * Resolves with the number of bytes, once all are written and proved. What was written before a
 * failure cannot be taken back: the exit status is what tells.
 */
export async function writeObject(
  { client }: Service,
  { bucket, key, versionId }: ObjectToRead,
  { signal, onWritten = () => {}, bandwidthLimit }: WriteOptions,
): Promise<number> {
  let written = 0
  const chunks = readObject(client, { bucket, key, versionId }, { signal })
  for await (const chunk of bandwidthLimit?.slow(chunks, signal) ?? chunks) {
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain', { signal })
    written += chunk.length
    onWritten(written)
  }
  return written
}
