/** Removes many objects, a thousand by each request. */

import type { Service } from '../service.ts'

const batchSize = 1000

export interface Doomed {
  readonly key: string
  readonly versionId?: string | undefined
}

/** Tells of each object once it is removed. Resolves with their number. */
export async function removeObjects(
  { client, signal }: Service,
  bucket: string,
  objects: AsyncIterable<Doomed> | Iterable<Doomed>,
  removed: (object: Doomed) => void,
): Promise<number> {
  let [count, batch]: [number, Doomed[]] = [0, []]
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return
    await client.deleteMultipleObjects({ bucket, objects: batch, quiet: true }, { signal })
    for (const object of batch) removed(object)
    count += batch.length
    batch = []
  }
  for await (const object of objects) {
    batch.push(object)
    if (batch.length === batchSize) await flush()
  }
  await flush()
  return count
}
