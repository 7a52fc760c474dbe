/**
 * What the clients of a crash test were told, and so what a restarted server must still hold. Only
 * acknowledgements bind; a request without an answer may have happened or not.
 */

import { createHash } from 'node:crypto'
import { elementOf, type OssWire, objectETagOf } from '../support/oss-wire.ts'

/** The bytes of one object, as they must come back. */
export interface Content {
  readonly etag: string
  readonly md5: string
  readonly size: number
}

export interface PartRecord {
  /** The ETag of the last acknowledged attempt. */
  acknowledged: string | undefined
  /** ETags of attempts that have no answer. */
  readonly unanswered: Set<string>
}

export interface UploadRecord {
  readonly key: string
  readonly uploadId: string
  state: 'open' | 'completing' | 'completed' | 'aborting' | 'aborted'
  readonly parts: Map<number, PartRecord>
  /** What the object becomes, once Complete was asked. */
  intended: Content | undefined
}

export class Ledger {
  readonly bucket: string
  readonly uploads: UploadRecord[] = []
  readonly published = new Map<string, Content>()
  /** Bytes by the ETag of a part, so that an object can be put together again. */
  readonly #partBytes = new Map<string, Uint8Array>()
  partsAcknowledged = 0
  completesAcknowledged = 0
  abortsAcknowledged = 0
  /** Answers that no legal server gives, as opposed to none at all. */
  readonly wrongAnswers: string[] = []

  constructor(bucket: string) {
    this.bucket = bucket
  }

  remember(etag: string, bytes: Uint8Array): void {
    this.#partBytes.set(etag, bytes)
  }

  contentOf(etags: readonly string[]): Content {
    const md5 = createHash('md5')
    let size = 0
    for (const etag of etags) {
      const bytes = this.#partBytes.get(etag)
      if (bytes === undefined) throw new Error(`No part with ETag ${etag} was ever sent.`)
      md5.update(bytes)
      size += bytes.length
    }
    return { etag: objectETagOf(etags), md5: md5.digest('hex'), size }
  }

  openUploads(): UploadRecord[] {
    return this.uploads.filter(({ state }) => state === 'open')
  }

  /**
   * Compares a server that has just started with what was acknowledged, settles what was open, and
   * resolves with one sentence for each broken promise.
   */
  async verify(wire: OssWire): Promise<string[]> {
    const broken: string[] = []
    // Ended uploads of long ago stay ended; the newest ones are where a crash could revive something.
    for (const upload of this.uploads.slice(-400)) {
      broken.push(...(await this.#verifyUpload(wire, upload)))
    }
    const keys = new Set(this.uploads.slice(-400).map(({ key }) => key))
    for (const key of keys) broken.push(...(await this.#verifyObject(wire, key)))
    broken.push(...(await this.#verifyListing(wire)))
    return broken
  }

  /**
   * Completes every upload that is still open with the parts the server lists, and compares the bytes:
   * a row of a part is worth nothing without them. Resolves with one sentence for each that differs.
   */
  async completeOpenUploads(wire: OssWire): Promise<string[]> {
    const broken: string[] = []
    for (const { key, uploadId } of this.openUploads()) {
      const parts = [...((await wire.listParts(this.bucket, key, uploadId)) ?? [])]
      if (parts.length === 0) continue
      const content = this.contentOf(parts.map(([, etag]) => etag))
      const answer = await wire.complete(this.bucket, key, uploadId, parts)
      if (answer.status === 200) this.published.set(key, content)
      else broken.push(`upload ${uploadId} of ${key} does not complete: ${answer.code}`)
      broken.push(...(await this.#verifyObject(wire, key)))
    }
    return broken
  }

  async #verifyUpload(wire: OssWire, upload: UploadRecord): Promise<string[]> {
    const { key, uploadId, state } = upload
    const name = `upload ${uploadId} of ${key}`
    const listed = await wire.listParts(this.bucket, key, uploadId)
    if (listed === undefined) {
      if (state === 'open') return [`${name} is gone, but nobody ended it`]
      if (state === 'completing') {
        upload.state = 'completed'
        if (upload.intended) this.published.set(key, upload.intended)
      }
      if (state === 'aborting') upload.state = 'aborted'
      return []
    }
    if (state === 'completed' || state === 'aborted') return [`${name} was ${state} and is back`]
    upload.state = 'open'
    const broken: string[] = []
    for (const [partNumber, part] of upload.parts) {
      const etag = listed.get(partNumber)
      const legal = etag === part.acknowledged || (etag && part.unanswered.has(etag))
      if (!legal) {
        broken.push(
          etag === undefined
            ? `${name} lost its acknowledged part ${partNumber}`
            : `${name} holds ${etag} as part ${partNumber}, acknowledged was ${part.acknowledged}`,
        )
      }
      part.acknowledged = etag
      part.unanswered.clear()
    }
    for (const partNumber of listed.keys()) {
      if (!upload.parts.has(partNumber)) broken.push(`${name} lists part ${partNumber}, never sent`)
    }
    return broken
  }

  async #verifyObject(wire: OssWire, key: string): Promise<string[]> {
    const answer = await wire.send('GET', { bucket: this.bucket, key })
    const expected = this.published.get(key)
    if (expected === undefined) {
      return answer.code === 'NoSuchKey' ? [] : [`${key} is visible (${answer.status}), never made`]
    }
    if (answer.status !== 200) return [`${key} was completed and answers ${answer.status}`]
    const md5 = createHash('md5').update(answer.bytes).digest('hex')
    const same =
      answer.headers.etag === `"${expected.etag}"` &&
      answer.bytes.length === expected.size &&
      md5 === expected.md5
    return same ? [] : [`${key} holds other bytes than were completed`]
  }

  async #verifyListing(wire: OssWire): Promise<string[]> {
    const ended = new Map(
      this.uploads
        .filter(({ state }) => state === 'completed' || state === 'aborted')
        .map(({ uploadId, state }) => [uploadId, state]),
    )
    const broken: string[] = []
    let query: Record<string, string> = { uploads: '' }
    for (;;) {
      const answer = await wire.send('GET', { bucket: this.bucket, query })
      for (const [, uploadId = ''] of answer.text.matchAll(/<UploadId>(.*?)<\/UploadId>/g)) {
        const state = ended.get(uploadId)
        if (state) broken.push(`upload ${uploadId} was ${state} and is listed`)
      }
      if (elementOf(answer.text, 'IsTruncated') !== 'true') return broken
      query = {
        uploads: '',
        'key-marker': elementOf(answer.text, 'NextKeyMarker') ?? '',
        'upload-id-marker': elementOf(answer.text, 'NextUploadIdMarker') ?? '',
      }
    }
  }
}
