/** Initiating an upload; and what is left where the answer to an attempt was lost. */

import { OssError, type UploadId } from '@lading/protocol'
import type { ObjectAttributes } from '../operations/attributes.ts'
import type { ObjectInput } from '../operations/multipart.ts'
import type { CallOptions } from '../options.ts'
import { saysNothing } from '../retry.ts'
import type { UploadClient } from '../upload-client.ts'

export interface InitiatedUpload {
  readonly uploadId: UploadId
  /**
   * Aborts what attempts left whose answers were lost; to be called when the upload is over, however
   * it ended. Never throws: what could not be done is told.
   */
  sweep(): Promise<void>
}

/**
 * An upload that a lost attempt began has no owner, and would be paid for until somebody finds it.
 * Nothing at the service says whose an upload is. So one is taken for ours only if it is of the same
 * key, was initiated between our first attempt and our last by the service's own clock, is one of no
 * more such uploads than answers were lost, and still has no part when ours is over: whoever else
 * began one by then would have sent some.
 */
export async function initiate(
  client: UploadClient,
  target: ObjectInput,
  attributes: ObjectAttributes,
  call: CallOptions,
  notice: (text: string) => void,
): Promise<InitiatedUpload> {
  const began = performance.now()
  let lost = 0
  const onRetry: CallOptions['onRetry'] = (retry) => {
    if (mayHaveBegun(retry.error)) lost += 1
    call.onRetry?.(retry)
  }
  try {
    const { uploadId } = await client.initiateMultipartUpload(
      { ...target, ...attributes },
      { ...call, onRetry },
    )
    if (lost === 0) return { uploadId, sweep: async () => {} }
    const { findOrphans } = await import('./find-uploads.ts')
    const answers = { lost, elapsed: performance.now() - began }
    // Without the signal: the end of the upload, however it comes, must know what to sweep.
    const rest = { retries: call.retries }
    return {
      uploadId,
      sweep: await findOrphans(client, { ...target, uploadId }, answers, rest, (why) =>
        notice(`${mayBeLeft(target)}: ${why}`),
      ),
    }
  } catch (error) {
    if (mayHaveBegun(error)) lost += 1
    if (lost > 0) notice(`${mayBeLeft(target)}.`)
    throw error
  }
}

/**
 * What never reached the service, or was sent away by it, began nothing, and what lies there is
 * somebody else's.
 */
function mayHaveBegun(error: unknown): boolean {
  if (error instanceof OssError && error.status === 503) return false
  const { code } = Object(error instanceof Error ? error.cause : undefined)
  return saysNothing(error) && !['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(code)
}

function mayBeLeft({ bucket, key }: ObjectInput): string {
  return `An answer to Initiate was lost, and an empty upload of oss://${bucket}/${key} may be left`
}
