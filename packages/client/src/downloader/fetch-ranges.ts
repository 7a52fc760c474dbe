/** The ranges that are missing, several at a time, each written to its place. */

import { loadCrc64, type TakeCrc64 } from '@lading/protocol'
import { Lanes } from '../engine/parallel.ts'
import type { HeadObjectAnswer } from '../operations/objects.ts'
import type { CallOptions } from '../options.ts'
import { forEachConcurrent } from '../uploader/for-each-concurrent.ts'
import { countParts, type PlannedPart, planParts } from '../uploader/plan-parts.ts'
import type { KeptRange } from './checkpoint.ts'
import type { Downloading } from './downloading.ts'
import { type RangeToRead, readRange } from './read-object.ts'
import type { SinkSession } from './sink.ts'

/** Resolves with all ranges of the object, in order, once all of it is written. */
export async function fetchRanges(
  downloading: Downloading,
  session: SinkSession,
  head: HeadObjectAnswer,
): Promise<readonly KeptRange[]> {
  const { options, control } = downloading
  const takeCrc64 = await loadCrc64()
  const ranges = new Map<number, KeptRange>()
  const transfers = countParts(head.size, session.partSize)
  const lanes = new Lanes(options.parallel, { transfers })
  await forEachConcurrent(
    planParts(head.size, session.partSize),
    lanes.turns(),
    async (part, signal) => {
      const range = new RangeUnderWay({ downloading, session, head, part, takeCrc64, lanes })
      ranges.set(part.partNumber, await range.fetch(signal))
      control.meter.done()
    },
    control.signal,
  )
  return [...planParts(head.size, session.partSize)].flatMap(
    ({ partNumber }) => ranges.get(partNumber) ?? [],
  )
}

interface RangeSettings {
  readonly downloading: Downloading
  readonly session: SinkSession
  readonly head: HeadObjectAnswer
  readonly part: PlannedPart
  readonly takeCrc64: TakeCrc64
  readonly lanes: Lanes
}

class RangeUnderWay {
  readonly #settings: RangeSettings
  /** Its first bytes, which are written. */
  #written: KeptRange

  constructor(settings: RangeSettings) {
    this.#settings = settings
    const { partNumber } = settings.part
    const held = settings.session.held.get(partNumber)
    this.#written = held ?? { partNumber, size: 0, crc64: 0n }
  }

  /** Goes on where it was interrupted, in this run or an earlier one. */
  async fetch(signal: AbortSignal): Promise<KeptRange> {
    const { downloading, session, part, lanes } = this.#settings
    const held = this.#written.size
    try {
      while (this.#written.size < part.size) {
        await downloading.control.gate.run((signal) => this.#fetchRest(signal), signal)
      }
    } finally {
      if (this.#written.size > held) await session.keep(this.#written)
    }
    if (part.size > held) lanes.finished(part.size - held)
    return this.#written
  }

  async #fetchRest(signal: AbortSignal): Promise<void> {
    const { downloading, session, head, part, takeCrc64 } = this.#settings
    const { control } = downloading
    const { partNumber, offset } = part
    const start = offset + this.#written.size
    const writes = session.writesFrom(start)
    let { size: received, crc64 } = this.#written
    try {
      const range = { etag: head.etag, size: head.size, start, end: offset + part.size }
      for await (const chunk of this.#read(range, signal)) {
        crc64 = takeCrc64(chunk, crc64)
        received += chunk.length
        await writes.add(chunk)
        control.meter.received(partNumber, received)
      }
    } finally {
      await writes.flush()
      this.#written = { partNumber, size: received, crc64 }
    }
  }
  #read(range: RangeToRead, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const { downloading, lanes } = this.#settings
    const { client, object, call, bandwidth } = downloading
    const onRetry: CallOptions['onRetry'] = (notice) => {
      lanes.failed(notice.error)
      call.onRetry?.(notice)
    }
    const chunks = readRange(client, object, range, { ...call, onRetry, signal })
    return bandwidth ? bandwidth.slow(chunks, signal) : chunks
  }
}
