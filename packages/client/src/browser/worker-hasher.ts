/** Sums of blobs, taken in a Web Worker: the page stays at hand. */

import type { Sums } from '@lading/protocol'
import type { BlobHasher } from '../uploader/options.ts'
import type { HashAnswer, HashTask } from './hash-worker.ts'

export interface WorkerHasher extends BlobHasher {
  /** Ends the worker. What is under way rejects, and whoever asked does it himself. */
  close(): void
}

/**
 * @param start Makes the worker, whose module is `@lading/client/hash-worker`: your bundler and your
 *   Content-Security-Policy know where that lies. Where it fails, uploads go on without it.
 */
export function workerHasher(start: () => Worker): WorkerHasher {
  const waiting = new Map<number, { resolve(sums: Sums): void; reject(error: Error): void }>()
  let worker: Worker | undefined
  let failure: Error | undefined
  let count = 0

  const fail = (error: Error): void => {
    failure = error
    worker?.terminate()
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const running = (): Worker => {
    if (failure) throw failure
    if (worker) return worker
    const started = start()
    started.onerror = ({ message }) => fail(new Error(message || 'The worker does not run.'))
    started.onmessage = ({ data }: MessageEvent<HashAnswer>) => {
      const asked = waiting.get(data.id)
      waiting.delete(data.id)
      if ('sums' in data) asked?.resolve(data.sums)
      else asked?.reject(new Error(data.error))
    }
    worker = started
    return started
  }
  return {
    sums: (blob, { crc64 }) =>
      new Promise((resolve, reject) => {
        const task: HashTask = { id: count, blob, crc64 }
        count += 1
        waiting.set(task.id, { resolve, reject })
        try {
          running().postMessage(task)
        } catch (error) {
          fail(error instanceof Error ? error : new Error(String(error)))
        }
      }),
    close: () => fail(new Error('The hasher was closed.')),
  }
}
