/**
 * From marks to what a store has to hold. Who drives the store marks each request before it is sent,
 * with all that it may change, and again once it is answered; a request without an answer may have
 * happened or not.
 */

import type { UploadId } from '@lading/protocol'
import {
  ABSENT,
  type Acknowledged,
  type AcknowledgedKey,
  type AcknowledgedUpload,
  type Seen,
} from '../../packages/server/src/inspect/check-acknowledged.ts'

export type Effect =
  | { readonly on: 'bucket'; readonly name: string }
  /** What the newest version of a key becomes. */
  | { readonly on: 'key'; readonly bucket: string; readonly key: string; readonly becomes: Seen }
  /** A version that goes for good; the newest one is then `leaves`. */
  | {
      readonly on: 'version'
      readonly bucket: string
      readonly key: string
      readonly versionId: string
      readonly leaves: Seen
    }
  | { readonly on: 'upload'; readonly bucket: string; readonly key: string }
  | {
      readonly on: 'part'
      readonly uploadId: string
      readonly partNumber: number
      readonly becomes: Seen
    }
  /** An upload ends, and if it completes its key becomes something. */
  | { readonly on: 'end'; readonly uploadId: string; readonly becomes?: Seen | undefined }

export type Mark =
  | { readonly ask: number; readonly effects: readonly Effect[] }
  /** Ids where new ones were told. Refused: it did not happen. */
  | {
      readonly told: number
      readonly outcome: 'done' | 'refused' | 'failed'
      readonly uploadId?: string | undefined
      readonly versionId?: string | undefined
    }
  /** Before any mark: what of this bucket is kept by version. */
  | { readonly versioned: string }

interface Asked {
  readonly effect: Effect
  readonly askedAt: number
  /** When it was answered with success; without it nobody knows. */
  toldAt: number | undefined
  versionId: string | undefined
}

type AskedOn<On extends Effect['on']> = Omit<Asked, 'effect'> & {
  readonly effect: Extract<Effect, { on: On }>
}

interface UploadRecord {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
}

/** What callers were told after exactly these marks. */
export function acknowledgedAfter(marks: readonly Mark[]): Acknowledged {
  const ledger = new Ledger()
  for (const mark of marks) ledger.take(mark)
  return ledger.acknowledged()
}

class Ledger {
  readonly #asked: Asked[] = []
  readonly #byNumber = new Map<number, Asked[]>()
  readonly #uploads: UploadRecord[] = []
  readonly #versioned = new Set<string>()
  #time = 0

  take(mark: Mark): void {
    this.#time += 1
    if ('versioned' in mark) {
      this.#versioned.add(mark.versioned)
    } else if ('ask' in mark) {
      const asked = mark.effects.map((effect) => ({
        effect,
        askedAt: this.#time,
        toldAt: undefined,
        versionId: undefined,
      }))
      this.#asked.push(...asked)
      this.#byNumber.set(mark.ask, asked)
    } else {
      this.#answer(mark)
    }
  }

  acknowledged(): Acknowledged {
    return {
      buckets: this.#of('bucket').flatMap(({ effect, toldAt }) => (toldAt ? [effect.name] : [])),
      keys: this.#keys(),
      uploads: this.#uploads.map((upload) => this.#upload(upload)),
      initiating: this.#of('upload').flatMap(({ effect, toldAt }) => (toldAt ? [] : [effect])),
    }
  }

  #answer({ told, outcome, uploadId, versionId }: Extract<Mark, { told: number }>): void {
    const asked = this.#byNumber.get(told) ?? []
    if (outcome === 'failed') return
    for (const one of asked) {
      if (outcome === 'refused') {
        this.#asked.splice(this.#asked.indexOf(one), 1)
        continue
      }
      one.toldAt = this.#time
      one.versionId = versionId
      const { effect } = one
      if (effect.on === 'upload' && uploadId !== undefined) {
        this.#uploads.push({ bucket: effect.bucket, key: effect.key, uploadId })
      }
    }
  }

  #of<On extends Effect['on']>(on: On): AskedOn<On>[] {
    return this.#asked.flatMap(({ effect, ...rest }) =>
      effect.on === on ? [{ ...rest, effect: effect as Extract<Effect, { on: On }> }] : [],
    )
  }

  #keys(): AcknowledgedKey[] {
    const keys = new Map<string, { bucket: string; key: string }>()
    for (const { effect } of this.#asked) {
      if (effect.on === 'key') keys.set(`${effect.bucket}/${effect.key}`, effect)
    }
    return [...keys.values()].map(({ bucket, key }) => {
      const written = this.#of('key').filter(
        ({ effect }) => effect.bucket === bucket && effect.key === key,
      )
      const removed = this.#of('version').filter(
        ({ effect }) => effect.bucket === bucket && effect.key === key,
      )
      const outcomes = [
        ...written.map(({ effect, ...rest }) => ({ ...rest, is: effect.becomes })),
        ...removed.map(({ effect, ...rest }) => ({ ...rest, is: effect.leaves })),
      ]
      const versions = this.#versioned.has(bucket)
        ? written.flatMap(({ effect, versionId }) => {
            if (versionId === undefined) return []
            const removals = removed.filter((removal) => removal.effect.versionId === versionId)
            if (removals.some(({ toldAt }) => toldAt !== undefined)) return []
            return [{ versionId, is: effect.becomes, perhapsGone: removals.length > 0 }]
          })
        : undefined
      const unanswered = written.flatMap(({ effect, toldAt }) => (toldAt ? [] : [effect.becomes]))
      return { bucket, key, newest: possible(outcomes), versions, unanswered }
    })
  }

  #upload({ bucket, key, uploadId }: UploadRecord): AcknowledgedUpload {
    const ends = this.#of('end').filter(({ effect }) => effect.uploadId === uploadId)
    const ended = ends.some(({ toldAt }) => toldAt !== undefined)
    const [only] = ends
    const parts = this.#of('part').filter(({ effect }) => effect.uploadId === uploadId)
    const numbers = [...new Set(parts.map(({ effect }) => effect.partNumber))]
    return {
      bucket,
      key,
      uploadId: uploadId as UploadId,
      state: ended ? 'ended' : ends.length > 0 ? 'ending' : 'open',
      // Only where nothing else can have become of the key meanwhile.
      becomes:
        !ended && only && ends.length === 1 && this.#isNewest(only.askedAt, bucket, key)
          ? only.effect.becomes
          : undefined,
      parts: numbers.map((partNumber) => ({
        partNumber,
        is: possible(
          parts
            .filter(({ effect }) => effect.partNumber === partNumber)
            .map(({ effect, ...rest }) => ({ ...rest, is: effect.becomes })),
        ),
      })),
    }
  }

  #isNewest(askedAt: number, bucket: string, key: string): boolean {
    return this.#asked.every((other) => {
      const { effect } = other
      const same = (effect.on === 'key' || effect.on === 'version') && effect.bucket === bucket
      if (!same || effect.key !== key || other.askedAt === askedAt) return true
      return other.toldAt !== undefined && other.toldAt < askedAt
    })
  }
}

/** What may be there: the outcome of each that no later one, asked after its answer, has replaced. */
function possible(
  outcomes: readonly {
    readonly askedAt: number
    readonly toldAt: number | undefined
    readonly is: Seen
  }[],
): Seen[] {
  const all = [{ askedAt: 0, toldAt: 0, is: ABSENT }, ...outcomes]
  const done = outcomes.filter(({ toldAt }) => toldAt !== undefined)
  const left = all.filter(
    ({ toldAt }) => toldAt === undefined || !done.some(({ askedAt }) => askedAt > toldAt),
  )
  return [...new Set(left.map(({ is }) => is))]
}
