/** The object that a key has. */

import type { HeadObjectAnswer } from '@lading/client/node'
import { OssError } from '@lading/protocol'
import type { OssUrl } from '../oss-url.ts'
import type { Service } from '../service.ts'

/** `undefined` where there is none, nor a bucket for it: whoever then writes to it hears of that. */
export async function findObject(
  { client }: Service,
  { bucket, key }: OssUrl,
  signal: AbortSignal,
): Promise<HeadObjectAnswer | undefined> {
  try {
    return await client.headObject({ bucket, key }, { signal })
  } catch (error) {
    if (error instanceof OssError && error.status === 404) return undefined
    throw error
  }
}
