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

/** Milliseconds. Real services tell when an upload was initiated in whole seconds. */
const PRECISION_MS = 1000

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
    if (saysNothing(retry.error)) lost += 1
    call.onRetry?.(retry)
  }
  const name = `oss://${target.bucket}/${target.key}`
  try {
    const { uploadId } = await client.initiateMultipartUpload(
      { ...target, ...attributes },
      { ...call, onRetry },
    )
    if (lost === 0) return { uploadId, sweep: async () => {} }
    const elapsed = performance.now() - began
    const own = { ...target, uploadId }
    // Without the signal: the end of the upload, however it comes, must know what to sweep.
    const rest = { retries: call.retries }
    const found = await trying(() => findOrphans(client, own, { lost, elapsed }, rest), say, [])
    return {
      uploadId,
      async sweep() {
        for (const orphan of found) {
          await trying(
            () => abortIfEmpty(client, { ...target, uploadId: orphan }, rest),
            say,
            undefined,
          )
        }
      },
    }
  } catch (error) {
    if (saysNothing(error)) lost += 1
    if (lost > 0) {
      notice(
        `An upload of ${name} may have been initiated all the same, and is empty: its answer was lost.`,
      )
    }
    throw error
  }

  function say(why: string): void {
    notice(
      `An answer to InitiateMultipartUpload was lost, and an empty upload of ${name} may be left: ${why}`,
    )
  }
}

/** The open uploads of exactly this key, oldest first or not. They come before all longer keys. */
export async function* uploadsOf(
  client: UploadClient,
  { bucket, key }: ObjectInput,
  call: CallOptions,
): AsyncGenerator<{ readonly uploadId: string; readonly initiated: Date }, void, void> {
  for await (const page of client.listMultipartUploadsPages({ bucket, prefix: key }, call)) {
    for (const upload of page.uploads) {
      if (upload.key !== key) return
      yield upload
    }
  }
}

async function findOrphans(
  client: UploadClient,
  { bucket, key, uploadId }: ObjectInput & { readonly uploadId: string },
  { lost, elapsed }: { readonly lost: number; readonly elapsed: number },
  call: CallOptions,
): Promise<readonly string[]> {
  const uploads: { readonly uploadId: string; readonly initiated: Date }[] = []
  for await (const upload of uploadsOf(client, { bucket, key }, call)) uploads.push(upload)
  const own = uploads.find((upload) => upload.uploadId === uploadId)?.initiated.getTime()
  if (own === undefined) return []
  const earliest = own - elapsed - PRECISION_MS
  const suspects = uploads.filter((upload) => {
    const initiated = upload.initiated.getTime()
    return upload.uploadId !== uploadId && initiated >= earliest && initiated <= own
  })
  if (suspects.length <= lost) return suspects.map((upload) => upload.uploadId)
  throw new Error('Others initiated uploads of the same key at the same time.')
}

async function abortIfEmpty(
  client: UploadClient,
  orphan: ObjectInput & { readonly uploadId: string },
  call: CallOptions,
): Promise<void> {
  try {
    const { parts } = await client.listParts({ ...orphan, maxParts: 1 }, call)
    if (parts.length === 0) await client.abortMultipartUpload(orphan, call)
  } catch (error) {
    if (!(error instanceof OssError && error.code === 'NoSuchUpload')) throw error
  }
}

/** What `work` brings; or, where the service does not let it, `otherwise`, and the reason is told. */
async function trying<Value>(
  work: () => Promise<Value>,
  say: (why: string) => void,
  otherwise: Value,
): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return otherwise
  }
}
