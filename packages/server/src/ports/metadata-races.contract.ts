/** The contract of metadata stores: what meets in one instant comes out as if one had been first. */

import { expect, test } from 'vitest'
import {
  blobsIn,
  blobsOf,
  collectAll,
  commitParts,
  manifestOf,
  type OpenMetadata,
  objectOf,
  openUpload,
  openWithBucket,
  partNumbered,
  publishing,
  readManifest,
} from './metadata-samples.contract.ts'
import type { MetadataStore, Part } from './metadata-store.ts'

const ROUNDS = 25

/** Parts that fit in one transaction, and parts that do not. */
const sizes = [3, 1_200]

export function describeRaces(open: OpenMetadata): void {
  test.each(sizes)('of two completions of %i parts exactly one wins', async (count) => {
    const { metadata, clock } = await openWithBucket(open)
    for (let round = 0; round < rounds(count); round++) {
      const key = `key-${round}`
      const upload = await openUpload(metadata, key)
      const parts = await commitParts(metadata, upload, count)
      const outcomes = await Promise.all([
        metadata.completeUpload(upload, publishing()),
        metadata.completeUpload(upload, publishing()),
      ])
      expect(outcomes.filter(Boolean)).toHaveLength(1)
      expect(blobsOf((await readManifest(metadata, key)).entries)).toEqual(blobsOf(parts))
    }
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual([])
  })

  test.each(sizes)('of a completion of %i parts and an abort exactly one wins', async (count) => {
    const { metadata, clock } = await openWithBucket(open)
    const wins = { complete: 0, abort: 0 }
    for (let round = 0; round < rounds(count); round++) {
      const key = `key-${round}`
      const upload = await openUpload(metadata, key)
      const parts = await commitParts(metadata, upload, count)
      const complete = () => metadata.completeUpload(upload, publishing())
      const abort = () => metadata.abortUpload(upload)
      const [object, aborted] =
        round % 2 === 0
          ? await Promise.all([complete(), abort()])
          : (await Promise.all([abort(), complete()])).toReversed()
      expect(Boolean(object)).toBe(!aborted)
      const collected = blobsIn(await collectAll(metadata, clock.advance(1)))
      if (object) {
        wins.complete++
        expect(blobsOf((await readManifest(metadata, key)).entries)).toEqual(blobsOf(parts))
        expect(collected).toEqual([])
      } else {
        wins.abort++
        expect(await metadata.findObject('photos', key)).toBeUndefined()
        expect(collected).toEqual(blobsOf(parts))
      }
    }
    expect(wins.complete + wins.abort).toBe(rounds(count))
  })

  test.each(sizes)('a part is in the object or refused, never lost: %i parts', async (count) => {
    const { metadata, clock } = await openWithBucket(open)
    for (let round = 0; round < rounds(count); round++) {
      const key = `key-${round}`
      const upload = await openUpload(metadata, key)
      const parts = await commitParts(metadata, upload, count)
      const late = partNumbered(1 + (round % (count + 1)))
      const replaced = parts.find(({ partNumber }) => partNumber === late.partNumber)
      const [object, outcome] =
        round % 2 === 0
          ? await Promise.all([
              metadata.completeUpload(upload, publishing()),
              metadata.commitPart(upload, late),
            ])
          : (
              await Promise.all([
                metadata.commitPart(upload, late),
                metadata.completeUpload(upload, publishing()),
              ])
            ).toReversed()
      expect(object).toBeDefined()
      const held = new Map(parts.map((part) => [part.partNumber, part]))
      if (outcome === 'committed') held.set(late.partNumber, late)
      else expect(outcome).toBe('no-upload')
      const entries = (await readManifest(metadata, key)).entries
      expect(blobsOf(entries)).toEqual(blobsOf([...held.values()]))
      const garbage = blobsIn(await collectAll(metadata, clock.advance(1)))
      expect(garbage).toEqual(outcome === 'committed' && replaced ? [replaced.blobId] : [])
    }
  })

  test('a completion is decided even while parts keep coming', async () => {
    const { metadata } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    await commitParts(metadata, upload, 1_200)
    let decided = false
    const held = new Map<number, Part>()
    const keepSending = async () => {
      for (let sent = 0; !decided; sent++) {
        const part = partNumbered(2_000 + (sent % 100))
        const outcome = await metadata.commitPart(upload, part)
        if (outcome === 'committed') held.set(part.partNumber, part)
      }
    }
    const sending = [keepSending(), keepSending()]
    const object = await metadata.completeUpload(upload, publishing())
    decided = true
    await Promise.all(sending)
    const blobs = new Set((await readManifest(metadata, 'a')).entries.map(({ blobId }) => blobId))
    expect(object).toBeDefined()
    for (const part of held.values()) expect(blobs.has(part.blobId)).toBe(true)
  })

  test('of parts of one number one is held, what comes later replaces it, and every other is garbage', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const held = async () => (await metadata.listParts(upload, { after: 0, limit: 10 }))?.rows ?? []
    let before: readonly Part[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const attempts = Array.from({ length: 8 }, () => partNumbered(1))
      await Promise.all(attempts.map((part) => metadata.commitPart(upload, part)))
      // Which of them came last only the store knows: answers may pass one another on their way.
      const [first, ...more] = await held()
      expect(more).toEqual([])
      expect(attempts).toContainEqual(first)
      const later = partNumbered(1)
      await metadata.commitPart(upload, later)
      expect(await held()).toEqual([later])
      const garbage = blobsIn(await collectAll(metadata, clock.advance(1)))
      expect(garbage).toEqual(blobsOf([...before, ...attempts]))
      before = [later]
    }
  })

  test('of objects of one key one is held, and every other is garbage', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const manifests = Array.from({ length: 12 }, (_, at) => manifestOf(at + 10))
    await Promise.all(manifests.map((manifest) => metadata.putObject(objectOf('a', manifest))))
    const { entries } = await readManifest(metadata, 'a')
    const others = manifests.filter(([first]) => first?.blobId !== entries[0]?.blobId)
    expect(others).toHaveLength(11)
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual(blobsOf(others.flat()))
  })

  test('a blob is condemned or committed, never both', async () => {
    const { metadata } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    for (let round = 1; round <= ROUNDS; round++) {
      const part = partNumbered(round)
      const commit = () => metadata.commitPart(upload, part)
      const condemn = () => metadata.condemnBlobs([part.blobId])
      const [outcome, condemned] =
        round % 2 === 0
          ? await Promise.all([commit(), condemn()])
          : (await Promise.all([condemn(), commit()])).toReversed()
      expect(condemned).toEqual(outcome === 'committed' ? [] : [part.blobId])
    }
  })

  test('a bucket is deleted or used, never both', async () => {
    const { metadata } = await openWithBucket(open)
    for (let round = 0; round < ROUNDS; round++) {
      const put = () => metadata.putObject(objectOf('a', manifestOf(1)))
      const remove = () => metadata.deleteBucket('photos')
      const [published, deleted] =
        round % 2 === 0
          ? await Promise.all([put(), remove()])
          : (await Promise.all([remove(), put()])).toReversed()
      expect(typeof published === 'object').toBe(deleted === 'has-objects')
      expect(published === 'no-bucket').toBe(deleted === 'deleted')
      await tidy(metadata)
    }
  })

  test('a guard against overwriting lets exactly one of many through', async () => {
    const { metadata } = await openWithBucket(open)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () =>
        metadata.putObject(objectOf('a', manifestOf(1)), (current) => {
          if (current) throw new Error('exists')
        }),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
}

function rounds(count: number): number {
  return count > 1_000 ? 4 : ROUNDS
}

async function tidy(metadata: MetadataStore): Promise<void> {
  await metadata.deleteObject('photos', 'a')
  const bucket = {
    name: 'photos',
    owner: 'alice',
    createdAt: new Date(0),
    acl: 'private',
    storageClass: 'Standard',
    dataRedundancyType: 'LRS',
  }
  await metadata.createBucket(bucket)
}
