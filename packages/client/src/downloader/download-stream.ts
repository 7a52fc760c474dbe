/** An object to what takes bytes in their order: in one request, proved before the end is told. */

import { loadCrc64 } from '@lading/protocol'
import type { Downloading, Outcome } from './downloading.ts'
import { compareSums, neededSums, requireProvable, unproved } from './prove-object.ts'
import { readRange } from './read-object.ts'
import type { StreamSink } from './sink.ts'

export async function downloadStream(downloading: Downloading, sink: StreamSink): Promise<Outcome> {
  try {
    const outcome = await stream(downloading, sink)
    await sink.end(downloading.control.signal)
    return outcome
  } catch (error) {
    sink.fail(error)
    throw error
  }
}

async function stream(downloading: Downloading, sink: StreamSink): Promise<Outcome> {
  const { client, object, options, control, bandwidth, call } = downloading
  const { gate, meter } = control
  const head = await client.headObject(object, call)
  const { etag, size } = head
  requireProvable(object, head, options.verify)
  const needed = neededSums(head, options.verify)
  const takeCrc64 = await loadCrc64()
  const md5 = needed.md5 ? (await client.hasher({ crc64: false }))() : undefined
  meter.begin(size, 1)
  let [received, crc64] = [0, 0n]

  async function receive(signal: AbortSignal): Promise<void> {
    const range = { etag, size, start: received, end: size }
    const chunks = readRange(client, object, range, { ...call, signal })
    for await (const chunk of bandwidth ? bandwidth.slow(chunks, signal) : chunks) {
      // Before it counts: what a pause interrupts here is asked for again.
      await sink.ready(signal)
      if (needed.crc64) crc64 = takeCrc64(chunk, crc64)
      await md5?.update(chunk)
      sink.write(chunk)
      received += chunk.length
      meter.received(1, received)
    }
  }

  try {
    while (received < size) await gate.run(receive, control.signal)
    await gate.passed(control.signal)
    const sums = { crc64: needed.crc64 ? crc64 : undefined, md5: (await md5?.finish())?.md5 }
    const verified = compareSums(object, head, sums)
    if (verified.length === 0 && options.verify !== 'off') {
      options.onNotice?.(unproved(object, head))
    }
    meter.done()
    return { ...head, verified, parts: 1, resumedParts: 0, resumedBytes: 0, skipped: false }
  } finally {
    md5?.abandon()
  }
}
