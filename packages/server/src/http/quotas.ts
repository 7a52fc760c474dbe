/**
 * What each bucket may hold: its own storage capacity, and what the operator grants every bucket.
 *
 * Held against what the bucket holds and what is on its way to it through this process. Other
 * processes see that only once it is stored, so that together they may go beyond by what is on its
 * way through them.
 */

import { decodeBucketUserQos, OssError } from '@lading/protocol'
import type { Operation, OperationContext } from '../api/operation.ts'
import type { IncomingBody } from './body.ts'

/** What every bucket may hold at most, whatever its owner says. `undefined`: as much as there is. */
export interface BucketQuota {
  readonly bytes?: number | undefined
  readonly objects?: number | undefined
}

export interface QuotaRequest {
  readonly operation: Operation
  readonly bucket: string
  readonly key: string | undefined
  /** Whether an object of that key stays when another takes its place. */
  readonly keepsVersions: boolean
  /** `undefined` where none is streamed. */
  readonly body: Pick<IncomingBody, 'declaredLength' | 'received' | 'allow'> | undefined
}

export interface Quotas {
  /**
   * Counts on the request until the release that this resolves with. A body of unknown length may
   * have as many bytes as there is room for.
   *
   * @throws {OssError} `QuotaExceeded`.
   */
  admit(request: QuotaRequest): Promise<() => void>
}

const GIGABYTE = 1024 ** 3

/** Operations that store bytes of an upload, whose object was counted when it was opened. */
const OF_AN_UPLOAD = new Set(['UploadPart', 'UploadPartCopy'])

type QuotaStore = Pick<OperationContext['store'], 'findBucketSetting' | 'usageOf' | 'getObject'>

export function holdQuotas(store: QuotaStore, granted: BucketQuota): Quotas {
  /** By bucket: bodies on their way. */
  const coming = new Map<string, Set<NonNullable<QuotaRequest['body']>>>()

  function expectedIn(bucket: string): number {
    let bytes = 0
    for (const body of coming.get(bucket) ?? []) bytes += body.declaredLength ?? body.received
    return bytes
  }

  function expect(bucket: string, body: NonNullable<QuotaRequest['body']>): () => void {
    const bodies = coming.get(bucket) ?? new Set()
    coming.set(bucket, bodies.add(body))
    return () => {
      bodies.delete(body)
      if (bodies.size === 0 && coming.get(bucket) === bodies) coming.delete(bucket)
    }
  }

  return {
    async admit({ operation, bucket, key, keepsVersions, body }) {
      const most = await quotaOf(store, bucket, granted)
      if (most.bytes === undefined && most.objects === undefined) return () => {}
      const usage = await store.usageOf(bucket)
      const classes = Object.values(usage.classes)
      if (most.objects !== undefined && !OF_AN_UPLOAD.has(operation.name)) {
        const objects = classes.reduce((sum, { objects: count }) => sum + count, usage.uploads)
        const full = objects >= most.objects
        if (full && (keepsVersions || !(await exists(store, bucket, key)))) {
          throw exceeded('objects', most.objects)
        }
      }
      if (most.bytes === undefined) return () => {}
      const stored = classes.reduce((sum, { bytes }) => sum + bytes, usage.partBytes)
      const left = most.bytes - stored - expectedIn(bucket)
      // What brings no bytes of its own still needs some room.
      if (left < (body?.declaredLength ?? 1)) throw exceeded('bytes', most.bytes)
      if (!body) return () => {}
      if (body.declaredLength === undefined && operation.body.kind === 'stream') {
        body.allow(Math.min(left, operation.body.limit))
      }
      return expect(bucket, body)
    },
  }
}

async function quotaOf(
  store: QuotaStore,
  bucket: string,
  granted: BucketQuota,
): Promise<BucketQuota> {
  const setting = await store.findBucketSetting(bucket, 'qos')
  if (setting === undefined) return granted
  const { storageCapacity } = decodeBucketUserQos(setting)
  if (storageCapacity < 0) return granted
  const own = storageCapacity * GIGABYTE
  return { ...granted, bytes: Math.min(own, granted.bytes ?? own) }
}

/** What replaces an object adds none. */
async function exists(
  store: QuotaStore,
  bucket: string,
  key: string | undefined,
): Promise<boolean> {
  if (key === undefined) return false
  return await store.getObject(bucket, key).then(
    () => true,
    () => false,
  )
}

function exceeded(what: 'bytes' | 'objects', quota: number): OssError {
  return new OssError('QuotaExceeded', {
    message: `The bucket may hold ${quota} ${what}, and has no room for this.`,
  })
}
