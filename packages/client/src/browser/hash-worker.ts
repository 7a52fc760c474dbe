/** The module of the worker behind `workerHasher`: blobs in, sums out, several of them side by side. */

import { loadHasher, type MakeHasher, type Sums } from '@lading/protocol'
import { blobBody } from '../body.ts'
import { sumsOf } from '../operations/prove.ts'

export interface HashTask {
  readonly id: number
  readonly blob: Blob
  readonly crc64: boolean
}

export type HashAnswer =
  | { readonly id: number; readonly sums: Sums }
  | { readonly id: number; readonly error: string }

const hashers = new Map<boolean, Promise<MakeHasher>>()

function hasher(crc64: boolean): Promise<MakeHasher> {
  const loaded = hashers.get(crc64) ?? loadHasher({ crc64 })
  hashers.set(crc64, loaded)
  return loaded
}

async function answer({ id, blob, crc64 }: HashTask): Promise<HashAnswer> {
  try {
    return { id, sums: await sumsOf(blobBody(blob).open(), await hasher(crc64)) }
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) }
  }
}

addEventListener('message', ({ data }: MessageEvent<HashTask>) => {
  void answer(data).then((done) => postMessage(done))
})
