/** A store whose every request leaves its marks: what was asked, and what was answered. */

import { createHash } from 'node:crypto'
import {
  type ETag,
  encodeLifecycleConfiguration,
  loadHasher,
  multipartETag,
  OssError,
} from '@lading/protocol'
import type { Engines } from '../../packages/server/src/compose.ts'
import type { UploadRef } from '../../packages/server/src/ports/metadata-store.ts'
import { createStore, type Store } from '../../packages/server/src/store/store.ts'
import type { Effect, Mark } from './ledger.ts'
import { Requests } from './requests.ts'

export const BUCKET = 'power-bucket'

const attributes = {
  contentType: 'application/octet-stream',
  headers: {},
  userMetadata: {},
  storageClass: undefined,
}

export interface StageOptions {
  readonly engines: Engines
  readonly mark: (mark: Mark) => void
  /** Milliseconds that the clock of the store is ahead. */
  readonly clock: { ahead: number }
  /** Of the first request; a stage that follows another goes on behind its numbers. */
  readonly firstNumber: number
}

/** A request that fails resolves with `undefined`: a script goes on behind a fault as other clients would. */
export class Stage {
  readonly store: Store
  readonly clock: { ahead: number }
  readonly #requests: Requests

  private constructor(store: Store, { mark, clock, firstNumber }: StageOptions) {
    this.store = store
    this.clock = clock
    const isRefusal = (error: unknown): boolean => error instanceof OssError
    this.#requests = new Requests({ mark, firstNumber, isRefusal })
  }

  static async open(options: StageOptions): Promise<Stage> {
    const { engines, clock } = options
    const now = (): Date => new Date(Date.now() + clock.ahead)
    const store = createStore({ ...engines, makeHasher: await loadHasher(), now })
    return new Stage(store, options)
  }

  async bucket(name: string = BUCKET): Promise<void> {
    await this.#requests.send([{ on: 'bucket', name }], async () => {
      await this.store.putBucket({ name, owner: 'power' })
      return {}
    })
  }

  async keepVersions(name: string = BUCKET): Promise<void> {
    this.#requests.keepsVersions(name)
    await this.store.setVersioning(name, 'Enabled')
  }

  async initiate(key: string): Promise<UploadRef | undefined> {
    const answer = await this.#requests.send([{ on: 'upload', bucket: BUCKET, key }], () =>
      this.store.initiateUpload({ bucket: BUCKET, key, attributes, forbidOverwrite: false }),
    )
    return answer && { bucket: BUCKET, key, uploadId: answer.uploadId }
  }

  /** Resolves with the ETag. */
  async part(
    upload: UploadRef | undefined,
    partNumber: number,
    bytes: Buffer,
  ): Promise<ETag | undefined> {
    if (!upload) return undefined
    const becomes = etagOf(bytes)
    const { uploadId } = upload
    const answer = await this.#requests.send(
      [{ on: 'part', uploadId, partNumber, becomes }],
      async () => {
        await this.store.putPart({ upload, partNumber, bytes: chunksOf(bytes), expected: {} })
        return {}
      },
    )
    return answer && becomes
  }

  async complete(
    upload: UploadRef | undefined,
    etags: readonly (ETag | undefined)[],
  ): Promise<void> {
    if (!upload) return
    const whole = etags.filter((etag) => etag !== undefined)
    if (whole.length !== etags.length) return
    const { key, uploadId } = upload
    const becomes = multipartETag(whole)
    const effects: Effect[] = [
      { on: 'end', uploadId, becomes },
      { on: 'key', bucket: BUCKET, key, becomes },
    ]
    const parts = whole.map((etag, at) => ({ partNumber: at + 1, etag }))
    await this.#requests.send(effects, async () => {
      const object = await this.store.completeUpload({ upload, parts, forbidOverwrite: false })
      return { versionId: object.versionId }
    })
  }

  async abort(upload: UploadRef | undefined): Promise<void> {
    if (!upload) return
    await this.#requests.send([{ on: 'end', uploadId: upload.uploadId }], async () => {
      await this.store.abortUpload(upload)
      return {}
    })
  }

  /** Resolves with the version id. */
  async put(key: string, bytes: Buffer): Promise<string | undefined> {
    const effect: Effect = { on: 'key', bucket: BUCKET, key, becomes: etagOf(bytes) }
    const answer = await this.#requests.send([effect], () =>
      this.store.putObject({
        bucket: BUCKET,
        key,
        attributes,
        forbidOverwrite: false,
        bytes: chunksOf(bytes),
        expected: {},
      }),
    )
    return answer?.versionId
  }

  /** Resolves with the version id of the delete marker, where there is one. */
  async delete(
    key: string,
    { keepsVersions = false }: { readonly keepsVersions?: boolean } = {},
  ): Promise<string | undefined> {
    const becomes = keepsVersions ? 'marker' : 'absent'
    const answer = await this.#requests.send([{ on: 'key', bucket: BUCKET, key, becomes }], () =>
      this.store.deleteObject(BUCKET, key),
    )
    return answer?.versionId
  }

  /** `leaves` is what the newest version is afterwards. */
  async deleteVersion(key: string, versionId: string | undefined, leaves: string): Promise<void> {
    if (versionId === undefined) return
    const effect: Effect = { on: 'version', bucket: BUCKET, key, versionId, leaves }
    await this.#requests.send([effect], async () => {
      await this.store.deleteObject(BUCKET, key, versionId)
      return {}
    })
  }

  /** Ends what is older than a day, which has these effects. */
  async age(effects: readonly Effect[]): Promise<void> {
    const xml = encodeLifecycleConfiguration({
      rules: [
        {
          id: 'old',
          prefix: 'old/',
          enabled: true,
          tags: [],
          filter: undefined,
          expiration: { days: 1 },
          abortMultipartUpload: { days: 1 },
          transitions: [],
          noncurrentVersionExpirationDays: undefined,
          noncurrentVersionTransitions: [],
        },
      ],
    })
    await this.store.putBucketSetting(BUCKET, 'lifecycle', xml)
    this.clock.ahead += 3 * 24 * 60 * 60 * 1000
    await this.#requests.send(effects, async () => {
      await this.store.runLifecycle({ abortUploadsAfterMs: undefined })
      return {}
    })
  }

  /** Deletes all that nobody needs any more, with no grace. What fails is tried another time. */
  async collect(): Promise<void> {
    const now = new Date(Date.now() + this.clock.ahead + 1)
    await this.store.collectGarbage({ before: now, orphanBefore: now }).catch(() => undefined)
  }
}

export function etagOf(bytes: Uint8Array): ETag {
  return createHash('md5').update(bytes).digest('hex').toUpperCase() as ETag
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 64 * 1024) yield bytes.subarray(at, at + 64 * 1024)
}
