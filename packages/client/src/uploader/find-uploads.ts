/** Uploads at the service that nobody told us the id of. Loaded where it is needed, which is seldom. */

import type { ObjectInput } from '../operations/multipart.ts'
import type { CallOptions } from '../options.ts'
import type { UploadClient } from '../upload-client.ts'

/** Milliseconds. Real services tell when an upload was initiated in whole seconds. */
const PRECISION_MS = 1000

interface OpenUpload {
  readonly uploadId: string
  readonly initiated: Date
}

/** The id of the open upload of the key that was initiated last. */
export async function newestUpload(
  client: UploadClient,
  target: ObjectInput,
  call: CallOptions,
): Promise<string | undefined> {
  let newest: OpenUpload | undefined
  for await (const upload of uploadsOf(client, target, call)) {
    if (!newest || upload.initiated >= newest.initiated) newest = upload
  }
  return newest?.uploadId
}

export interface LostAnswers {
  /** How many attempts to initiate the upload may have begun another one. */
  readonly lost: number
  /** Milliseconds from the first attempt to the answer. */
  readonly elapsed: number
}

/**
 * Finds what attempts to initiate `own` left whose answers were lost; resolves with what aborts it.
 * Neither ever throws: `say` hears why something could not be done.
 */
export async function findOrphans(
  client: UploadClient,
  own: ObjectInput & { readonly uploadId: string },
  answers: LostAnswers,
  call: CallOptions,
  say: (why: string) => void,
): Promise<() => Promise<void>> {
  const found = await trying(() => findSuspects(client, own, answers, call), say, [])
  return async () => {
    for (const uploadId of found) {
      await trying(() => abortIfEmpty(client, { ...own, uploadId }, call), say, undefined)
    }
  }
}

/** The open uploads of exactly this key, oldest first or not. They come before all longer keys. */
async function* uploadsOf(
  client: UploadClient,
  { bucket, key }: ObjectInput,
  call: CallOptions,
): AsyncGenerator<OpenUpload, void, void> {
  for await (const page of client.listMultipartUploadsPages({ bucket, prefix: key }, call)) {
    for (const upload of page.uploads) {
      if (upload.key !== key) return
      yield upload
    }
  }
}

async function findSuspects(
  client: UploadClient,
  { bucket, key, uploadId }: ObjectInput & { readonly uploadId: string },
  { lost, elapsed }: LostAnswers,
  call: CallOptions,
): Promise<readonly string[]> {
  const uploads: OpenUpload[] = []
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
    // By its code: the class is the page's, and importing it here would cut the page's file in two.
    const isOver = error instanceof Error && 'code' in error && error.code === 'NoSuchUpload'
    if (!isOver) throw error
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
