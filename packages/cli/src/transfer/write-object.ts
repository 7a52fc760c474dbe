/** An object's bytes to stdout. */

import { once } from 'node:events'
import { type ObjectToRead, readObject } from '@lading/client/node'
import type { Service } from '../service.ts'

/**
 * Resolves with the number of bytes, once all are written and proved. What was written before a
 * failure cannot be taken back: the exit status is what tells.
 */
export async function writeObject(
  { client }: Service,
  { bucket, key, versionId }: ObjectToRead,
  { signal, onWritten = () => {} }: { signal: AbortSignal; onWritten?: (bytes: number) => void },
): Promise<number> {
  let written = 0
  for await (const chunk of readObject(client, { bucket, key, versionId }, { signal })) {
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain', { signal })
    written += chunk.length
    onWritten(written)
  }
  return written
}
