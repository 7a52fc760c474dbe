/** An object's bytes to stdout. */

import { once } from 'node:events'
import { readObject } from '@lading/client/node'
import type { OssUrl } from '../oss-url.ts'
import type { Service } from '../service.ts'

/**
 * Resolves with the number of bytes, once all are written and proved. What was written before a
 * failure cannot be taken back: the exit status is what tells.
 */
export async function writeObject(
  { client }: Service,
  { bucket, key }: OssUrl,
  { signal, onWritten = () => {} }: { signal: AbortSignal; onWritten?: (bytes: number) => void },
): Promise<number> {
  let written = 0
  for await (const chunk of readObject(client, { bucket, key }, { signal })) {
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain', { signal })
    written += chunk.length
    onWritten(written)
  }
  return written
}
