/** The contract of metadata stores: versions of a key, delete markers, and what rows say besides. */

import { describe, expect, test } from 'vitest'
import {
  blobsIn,
  blobsOf,
  bucketNamed,
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
import type {
  Deletion,
  ManifestEntry,
  MetadataStore,
  ObjectVersion,
  StoredObject,
} from './metadata-store.ts'

const whole = { prefix: '', delimiter: '', after: undefined, afterVersionId: undefined, limit: 100 }

async function setVersioning(
  metadata: MetadataStore,
  versioning: 'Enabled' | 'Suspended',
): Promise<void> {
  await metadata.updateBucket('photos', (bucket) => ({ ...bucket, versioning }))
}

async function put(
  metadata: MetadataStore,
  key: string,
  manifest: readonly ManifestEntry[] = manifestOf(1),
): Promise<StoredObject> {
  const published = await metadata.putObject(objectOf(key, manifest))
  if (typeof published === 'string') throw new Error(published)
  return published
}

async function mark(metadata: MetadataStore, key: string): Promise<string> {
  const deletion: Deletion = await metadata.deleteObject('photos', key)
  if (deletion.kind !== 'marked') throw new Error(deletion.kind)
  return deletion.versionId
}

/** `key id` of each version, `+` on the newest, `x` on markers. */
async function listed(metadata: MetadataStore, query: object = {}): Promise<string[]> {
  const page = await metadata.listVersions('photos', { ...whole, ...query })
  return page.rows.map((entry) => (entry.kind === 'prefix' ? entry.prefix : shown(entry.row)))
}

function shown(version: ObjectVersion): string {
  const id = version.kind === 'object' ? version.object.versionId : version.marker.versionId
  return `${version.key} ${id}${version.latest ? '+' : ''}${version.kind === 'marker' ? 'x' : ''}`
}

export function describeVersions(open: OpenMetadata): void {
  test('without versioning an object has the version null, and a put replaces it', async () => {
    const { metadata } = await openWithBucket(open)
    await put(metadata, 'a')
    expect((await put(metadata, 'a')).versionId).toBe('null')
    expect(await listed(metadata)).toEqual(['a null+'])
  })

  test('with versioning each put adds a version, ordered by time, and none becomes garbage', async () => {
    const { metadata, clock } = await openWithBucket(open)
    await setVersioning(metadata, 'Enabled')
    const first = (await put(metadata, 'a')).versionId
    clock.advance(-3_600_000)
    const second = (await put(metadata, 'a')).versionId
    expect(first).toMatch(/^[0-9A-F]{32}$/)
    expect(second > first).toBe(true)
    expect(await listed(metadata)).toEqual([`a ${second}+`, `a ${first}`])
    expect((await metadata.findObject('photos', 'a'))?.versionId).toBe(second)
    expect(await collectAll(metadata, clock.advance(7_200_000))).toEqual([])
  })

  test('a version that was there before versioning stays as null, and is found and opened by that', async () => {
    const { metadata } = await openWithBucket(open)
    const manifest = manifestOf(2)
    await put(metadata, 'a', manifest)
    await setVersioning(metadata, 'Enabled')
    const { versionId } = await put(metadata, 'a')
    expect(await listed(metadata)).toEqual([`a ${versionId}+`, 'a null'])
    expect(await metadata.findVersion('photos', 'a', 'null')).toMatchObject({ latest: false })
    const opened = await metadata.openObject('photos', 'a', 'null')
    expect(opened?.object.size).toBe(20)
    opened?.release()
  })

  test('where versioning is suspended a put replaces the version null and no other', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const [oldest, newer] = [manifestOf(1), manifestOf(1)]
    await put(metadata, 'a', oldest)
    await setVersioning(metadata, 'Enabled')
    const { versionId } = await put(metadata, 'a')
    await setVersioning(metadata, 'Suspended')
    await put(metadata, 'a', newer)
    expect(await listed(metadata)).toEqual(['a null+', `a ${versionId}`])
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual(blobsOf(oldest))
    await put(metadata, 'a')
    expect(await listed(metadata)).toEqual(['a null+', `a ${versionId}`])
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual(blobsOf(newer))
  })

  test('a deletion marks the key, each time anew, and listings of objects pass it over', async () => {
    const { metadata } = await openWithBucket(open)
    await setVersioning(metadata, 'Enabled')
    const { versionId } = await put(metadata, 'a')
    const first = await mark(metadata, 'a')
    const second = await mark(metadata, 'a')
    expect(await listed(metadata)).toEqual([`a ${second}+x`, `a ${first}x`, `a ${versionId}`])
    expect(await metadata.findObject('photos', 'a')).toBeUndefined()
    expect(await metadata.openObject('photos', 'a')).toBeUndefined()
    expect(await metadata.openObject('photos', 'a', second)).toBeUndefined()
    expect((await metadata.listObjects('photos', whole)).rows).toEqual([])
    expect(await metadata.findVersion('photos', 'a', undefined)).toMatchObject({
      kind: 'marker',
      latest: true,
      marker: { versionId: second },
    })
  })

  test('a deletion of what is not there also marks it', async () => {
    const { metadata } = await openWithBucket(open)
    await setVersioning(metadata, 'Enabled')
    expect(await listed(metadata)).toEqual([])
    const marker = await mark(metadata, 'a')
    expect(await listed(metadata)).toEqual([`a ${marker}+x`])
  })

  test('where versioning is suspended a deletion leaves one marker null in the place of that version', async () => {
    const { metadata, clock } = await openWithBucket(open)
    await setVersioning(metadata, 'Enabled')
    const { versionId } = await put(metadata, 'a')
    await setVersioning(metadata, 'Suspended')
    const manifest = manifestOf(1)
    await put(metadata, 'a', manifest)
    expect(await mark(metadata, 'a')).toBe('null')
    expect(await mark(metadata, 'a')).toBe('null')
    expect(await listed(metadata)).toEqual(['a null+x', `a ${versionId}`])
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual(blobsOf(manifest))
  })

  test('without its marker a key has its newest object again', async () => {
    const { metadata } = await openWithBucket(open)
    await setVersioning(metadata, 'Enabled')
    const { versionId } = await put(metadata, 'a')
    const marker = await mark(metadata, 'a')
    expect(await metadata.deleteVersion('photos', 'a', marker)).toBe('marker')
    expect((await metadata.findObject('photos', 'a'))?.versionId).toBe(versionId)
    expect(await listed(metadata)).toEqual([`a ${versionId}+`])
  })

  test.each(['Enabled', 'Suspended'] as const)(
    'a version deleted by its id is gone for good, and the one before it is the newest: %s',
    async (versioning) => {
      const { metadata, clock } = await openWithBucket(open)
      await put(metadata, 'a')
      await setVersioning(metadata, 'Enabled')
      const manifest = manifestOf(20)
      const { versionId } = await put(metadata, 'a', manifest)
      await setVersioning(metadata, versioning)
      expect(await metadata.deleteVersion('photos', 'a', versionId)).toBe('object')
      expect(await metadata.deleteVersion('photos', 'a', versionId)).toBe('missing')
      expect(await metadata.findVersion('photos', 'a', versionId)).toBeUndefined()
      expect(await listed(metadata)).toEqual(['a null+'])
      expect((await metadata.findObject('photos', 'a'))?.versionId).toBe('null')
      expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual(blobsOf(manifest))
      expect(await metadata.deleteVersion('photos', 'a', 'null')).toBe('object')
      expect(await metadata.deleteBucket('photos')).toBe('deleted')
    },
  )

  test('a guard sees the version, and its throw leaves it', async () => {
    const { metadata } = await openWithBucket(open)
    await setVersioning(metadata, 'Enabled')
    const { versionId } = await put(metadata, 'a')
    await put(metadata, 'a')
    const seen: unknown[] = []
    const refuse = (current: unknown): void => {
      seen.push(current)
      throw new Error('not this one')
    }
    await expect(metadata.deleteVersion('photos', 'a', versionId, refuse)).rejects.toThrow('not')
    await expect(metadata.deleteObject('photos', 'a', refuse)).rejects.toThrow('not')
    expect(seen[0]).toMatchObject({ kind: 'object', latest: false, object: { versionId } })
    expect(seen[1]).toEqual(await metadata.findObject('photos', 'a'))
    expect(await listed(metadata)).toHaveLength(2)
  })

  test('a completed upload is a version like any other', async () => {
    const { metadata } = await openWithBucket(open)
    await setVersioning(metadata, 'Enabled')
    const { versionId } = await put(metadata, 'a')
    const upload = await openUpload(metadata, 'a')
    await commitParts(metadata, upload, 3)
    const completed = await metadata.completeUpload(upload, publishing())
    expect(await listed(metadata)).toEqual([`a ${completed?.versionId}+`, `a ${versionId}`])
  })

  test('a bucket is not empty while there is a version or a delete marker', async () => {
    const { metadata } = await openWithBucket(open)
    await setVersioning(metadata, 'Enabled')
    const marker = await mark(metadata, 'a')
    expect(await metadata.deleteBucket('photos')).toBe('has-objects')
    await metadata.deleteVersion('photos', 'a', marker)
    expect(await metadata.deleteBucket('photos')).toBe('deleted')
  })

  test('a page of versions goes on behind the version at which the last one ended', async () => {
    const { metadata } = await openWithBucket(open)
    await put(metadata, 'b')
    await setVersioning(metadata, 'Enabled')
    for (const key of ['a', 'b', 'b', 'b/c', 'b']) await put(metadata, key)
    await mark(metadata, 'b/c')
    const all = await listed(metadata)
    expect(all).toHaveLength(7)
    for (const limit of [1, 2, 3]) {
      const seen: string[] = []
      let query: object = { limit }
      for (;;) {
        const page = await metadata.listVersions('photos', { ...whole, ...query })
        for (const entry of page.rows) if (entry.kind === 'row') seen.push(shown(entry.row))
        const last = page.rows.at(-1)
        if (!page.truncated || last?.kind !== 'row') break
        const { row } = last
        const id = row.kind === 'object' ? row.object.versionId : row.marker.versionId
        query = { limit, after: row.key, afterVersionId: id }
      }
      expect(seen).toEqual(all)
    }
    expect(await listed(metadata, { after: 'b' })).toEqual(all.slice(-2))
    expect(await listed(metadata, { delimiter: '/' })).toEqual([...all.slice(0, 5), 'b/'])
    expect(await listed(metadata, { prefix: 'b/' })).toEqual(all.slice(-2))
  })

  describe('what is said of an object', () => {
    test('is changed in its row alone; size, version and bytes stay', async () => {
      const { metadata, clock } = await openWithBucket(open)
      const manifest = manifestOf(20)
      const object = await put(metadata, 'a', manifest)
      const attributes = { ...object.attributes, tags: { a: 'b' }, acl: 'public-read' }
      const at = { bucket: 'photos', key: 'a' }
      const restore = { readyAt: new Date(5), expiresAt: new Date(6) }
      const changed = await metadata.updateObject(at, (current) => {
        return { ...current, attributes, restore, size: 1, key: 'other' }
      })
      expect(changed).toEqual({ ...object, attributes, restore })
      expect(await metadata.findObject('photos', 'a')).toEqual(changed)
      expect((await readManifest(metadata, 'a')).entries).toEqual(manifest)
      expect(await collectAll(metadata, clock.advance(1))).toEqual([])
    })

    test('is that of one version, and of no marker', async () => {
      const { metadata } = await openWithBucket(open)
      await setVersioning(metadata, 'Enabled')
      const { versionId } = await put(metadata, 'a')
      await put(metadata, 'a')
      const marker = await mark(metadata, 'a')
      const at = { bucket: 'photos', key: 'a' }
      const change = (object: StoredObject) => ({ ...object, symlinkTarget: 'b' })
      expect(await metadata.updateObject(at, change)).toBeUndefined()
      expect(await metadata.updateObject({ ...at, versionId: marker }, change)).toBeUndefined()
      expect(await metadata.updateObject({ ...at, versionId }, change)).toMatchObject({
        symlinkTarget: 'b',
        versionId,
      })
      await expect(
        metadata.updateObject({ ...at, versionId }, () => {
          throw new Error('refused')
        }),
      ).rejects.toThrow('refused')
    })
  })

  describe('an append', () => {
    const at = { bucket: 'photos', key: 'log' }
    const grown = (entries: readonly ManifestEntry[]) => (current: StoredObject | undefined) => {
      const { manifest: _, ...object } = objectOf('log', entries)
      return { ...object, type: 'Appendable' as const, size: object.size + (current?.size ?? 0) }
    }

    test.each([
      [1, 1],
      [15, 2],
      [16, 1],
      [999, 1],
      [999, 2],
      [1_000, 1],
      [1_000, 1_001],
    ])('of %i and then %i pieces is read as one object', async (first, second) => {
      const { metadata, clock } = await openWithBucket(open)
      const pieces = [manifestOf(first), manifestOf(second), manifestOf(1)]
      for (const entries of pieces) await metadata.appendObject(at, entries, grown(entries))
      const all = pieces.flat()
      expect(await metadata.findObject('photos', 'log')).toMatchObject({
        size: all.length * 10,
        type: 'Appendable',
      })
      expect((await readManifest(metadata, 'log')).entries).toEqual(all)
      const from = first * 10
      expect((await readManifest(metadata, 'log', from)).entries).toEqual(all.slice(first))
      await metadata.deleteObject('photos', 'log')
      expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual(blobsOf(all))
    })

    test('is not seen by a read that was open before it', async () => {
      const { metadata } = await openWithBucket(open)
      const before = manifestOf(20)
      await metadata.appendObject(at, before, grown(before))
      const reader = await metadata.openObject('photos', 'log')
      const more = manifestOf(3)
      await metadata.appendObject(at, more, grown(more))
      const entries: ManifestEntry[] = []
      for await (const page of reader?.manifest(0) ?? []) entries.push(...page.entries)
      reader?.release()
      expect(entries).toEqual(before)
    })

    test('that is refused changes nothing, and its blob is nobody’s', async () => {
      const { metadata } = await openWithBucket(open)
      const entries = manifestOf(1)
      const refused = metadata.appendObject(at, entries, () => {
        throw new Error('not here')
      })
      await expect(refused).rejects.toThrow('not here')
      expect(await metadata.findObject('photos', 'log')).toBeUndefined()
      expect(await metadata.condemnBlobs(blobsOf(entries))).toEqual(blobsOf(entries))
      expect(await metadata.appendObject(at, entries, grown(entries))).toBe('condemned')
      const elsewhere = { ...at, bucket: 'films' }
      expect(await metadata.appendObject(elsewhere, [], grown([]))).toBe('no-bucket')
    })

    test('keeps the version, also where versions are kept', async () => {
      const { metadata } = await openWithBucket(open)
      await setVersioning(metadata, 'Enabled')
      const entries = [manifestOf(1), manifestOf(1)] as const
      const first = await metadata.appendObject(at, entries[0], grown(entries[0]))
      const second = await metadata.appendObject(at, entries[1], grown(entries[1]))
      const ids = [first, second].map((object) => typeof object === 'object' && object.versionId)
      expect(ids[0]).toBe(ids[1])
      expect(await listed(metadata)).toHaveLength(1)
    })
  })

  describe('settings of a bucket', () => {
    test('are kept with it, replaced and forgotten, and go with it', async () => {
      const { metadata } = await openWithBucket(open)
      const text = '{"ключ":"🦊"}\n'
      expect(await metadata.putBucketSetting('photos', 'cors', text)).toBe(true)
      expect(await metadata.putBucketSetting('photos', 'policy', '')).toBe(true)
      expect(await metadata.findBucketSetting('photos', 'cors')).toBe(text)
      expect(await metadata.findBucketSetting('photos', 'policy')).toBe('')
      expect(await metadata.findBucketSetting('films', 'cors')).toBeUndefined()
      expect(await metadata.putBucketSetting('photos', 'cors', undefined)).toBe(true)
      expect(await metadata.findBucketSetting('photos', 'cors')).toBeUndefined()
      await metadata.deleteBucket('photos')
      expect(await metadata.putBucketSetting('photos', 'cors', text)).toBe(false)
      await metadata.createBucket(bucketNamed('photos'))
      expect(await metadata.findBucketSetting('photos', 'policy')).toBeUndefined()
    })

    test('of one bucket are not those of another whose name begins like it', async () => {
      const { metadata } = await openWithBucket(open)
      await metadata.createBucket(bucketNamed('photos-2'))
      await metadata.putBucketSetting('photos-2', 'cors', 'x')
      await metadata.deleteBucket('photos')
      expect(await metadata.findBucketSetting('photos-2', 'cors')).toBe('x')
    })
  })

  test('usage counts versions by storage class, markers, uploads and the bytes of parts', async () => {
    const { metadata } = await openWithBucket(open)
    const nothing = { classes: {}, deleteMarkers: 0, uploads: 0, parts: 0, partBytes: 0 }
    expect(await metadata.usage('films')).toBeUndefined()
    expect(await metadata.usage('photos')).toEqual(nothing)
    await setVersioning(metadata, 'Enabled')
    await put(metadata, 'a', manifestOf(2))
    await put(metadata, 'a', manifestOf(1))
    await mark(metadata, 'a')
    const { attributes, ...object } = objectOf('b', manifestOf(4))
    await metadata.putObject({ ...object, attributes: { ...attributes, storageClass: 'IA' } })
    const upload = await openUpload(metadata, 'c')
    await metadata.commitPart(upload, partNumbered(1, { size: 500 }))
    await metadata.commitPart(upload, partNumbered(2, { size: 70 }))
    await metadata.commitPart(upload, partNumbered(1, { size: 5 }))
    const held = {
      classes: { Standard: { objects: 2, bytes: 30 }, IA: { objects: 1, bytes: 40 } },
      deleteMarkers: 1,
    }
    expect(await metadata.usage('photos')).toEqual({
      ...held,
      uploads: 1,
      parts: 2,
      partBytes: 75,
    })
    await metadata.abortUpload(upload)
    expect(await metadata.usage('photos')).toEqual({ ...nothing, ...held })
  })

  test('buckets of everybody are listed by name', async () => {
    const { metadata } = await openWithBucket(open)
    await metadata.createBucket(bucketNamed('films', 'bob'))
    await metadata.createBucket(bucketNamed('archive', 'carol'))
    const query = { owner: undefined, prefix: '', after: undefined, limit: 2 }
    const first = await metadata.listBuckets(query)
    expect([first.rows.map(({ name }) => name), first.truncated]).toEqual([
      ['archive', 'films'],
      true,
    ])
    const rest = await metadata.listBuckets({ ...query, after: 'films' })
    expect([rest.rows.map(({ name }) => name), rest.truncated]).toEqual([['photos'], false])
    const some = await metadata.listBuckets({ ...query, prefix: 'f' })
    expect(some.rows.map(({ name }) => name)).toEqual(['films'])
  })
}
