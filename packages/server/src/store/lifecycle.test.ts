import type { LifecycleRule } from '@lading/protocol'
import { encodeLifecycleConfiguration } from '@lading/protocol'
import { describe, expect, test } from 'vitest'
import type { MetadataStore } from '../ports/metadata-store.ts'
import type { LifecycleReport } from './lifecycle.ts'
import { type OpenStore, openStore, type StoreSampleOptions } from './store-samples.contract.ts'

const DAY = 24 * 60 * 60 * 1000
const nothing: LifecycleRule = {
  id: 'rule',
  prefix: '',
  enabled: true,
  tags: [],
  filter: undefined,
  expiration: undefined,
  abortMultipartUpload: undefined,
  transitions: [],
  noncurrentVersionExpirationDays: undefined,
  noncurrentVersionTransitions: [],
}

async function withRules(
  rules: readonly Partial<LifecycleRule>[],
  options: StoreSampleOptions = {},
): Promise<OpenStore> {
  const opened = await openStore(options)
  const xml = encodeLifecycleConfiguration({
    rules: rules.map((rule) => ({ ...nothing, ...rule })),
  })
  await opened.store.putBucketSetting('photos', 'lifecycle', xml)
  return opened
}

async function put(
  { store }: OpenStore,
  key: string,
  options: { tags?: Record<string, string>; text?: string } = {},
): Promise<void> {
  const bytes = new TextEncoder().encode(options.text ?? 'x')
  await store.putObject({
    bucket: 'photos',
    key,
    attributes: {
      contentType: 'text/plain',
      headers: {},
      userMetadata: {},
      storageClass: undefined,
      tags: options.tags,
    },
    forbidOverwrite: false,
    bytes: (async function* () {
      yield bytes
    })(),
    expected: { md5: undefined, crc64: undefined },
  })
}

async function run(opened: OpenStore, abortUploadsAfterMs?: number): Promise<LifecycleReport> {
  return await opened.store.runLifecycle({ abortUploadsAfterMs })
}

async function keysOf({ store }: OpenStore): Promise<string[]> {
  const page = await store.listVersions('photos', {
    prefix: '',
    delimiter: '',
    after: undefined,
    afterVersionId: undefined,
    limit: 100,
  })
  return page.rows.flatMap((entry) =>
    entry.kind === 'row' ? [`${entry.row.key}${entry.row.kind === 'marker' ? ' marker' : ''}`] : [],
  )
}

describe('objects', () => {
  test('expire at the midnight after their days, and no earlier', async () => {
    const opened = await withRules([{ expiration: { days: 2 } }])
    opened.clock.time = Date.parse('2026-01-01T12:00:00Z')
    await put(opened, 'old')
    opened.clock.time = Date.parse('2026-01-03T23:59:59Z')
    expect(await run(opened)).toMatchObject({ expiredObjects: 0 })
    opened.clock.time = Date.parse('2026-01-04T00:00:00Z')
    expect(await run(opened)).toMatchObject({ expiredObjects: 1 })
    expect(await keysOf(opened)).toEqual([])
  })

  test('expire by prefix, tags and size, and stay where a filter excepts them', async () => {
    const opened = await withRules([
      {
        prefix: 'logs/',
        tags: [{ key: 'a', value: '1' }],
        filter: {
          not: [{ prefix: 'logs/keep/', tag: undefined }],
          objectSizeGreaterThan: 1,
          objectSizeLessThan: undefined,
        },
        expiration: { days: 1 },
      },
    ])
    const tagged = { tags: { a: '1', b: '2' }, text: 'xx' }
    await put(opened, 'logs/gone', tagged)
    await put(opened, 'logs/keep/this', tagged)
    await put(opened, 'logs/other-tag', { tags: { a: '2' }, text: 'xx' })
    await put(opened, 'logs/small', { tags: { a: '1' } })
    await put(opened, 'other', tagged)
    opened.clock.advance(3 * DAY)
    expect(await run(opened)).toMatchObject({ expiredObjects: 1 })
    expect(await keysOf(opened)).not.toContain('logs/gone')
    expect(await keysOf(opened)).toHaveLength(4)
  })

  test('made before a date expire, and all of them from a date on', async () => {
    const opened = await withRules([
      { prefix: 'a', expiration: { createdBeforeDate: new Date('2026-01-02T00:00:00Z') } },
      { prefix: 'b', expiration: { date: new Date('2026-01-03T00:00:00Z') } },
    ])
    opened.clock.time = Date.parse('2026-01-01T12:00:00Z')
    await put(opened, 'a-old')
    opened.clock.time = Date.parse('2026-01-02T12:00:00Z')
    await put(opened, 'a-new')
    await put(opened, 'b')
    await run(opened)
    expect(await keysOf(opened)).toEqual(['a-new', 'b'])
    opened.clock.time = Date.parse('2026-01-03T00:00:00Z')
    await run(opened)
    expect(await keysOf(opened)).toEqual(['a-new'])
  })

  test('stay under a rule that is switched off', async () => {
    const opened = await withRules([{ enabled: false, expiration: { days: 1 } }])
    await put(opened, 'old')
    opened.clock.advance(9 * DAY)
    expect(await run(opened)).toMatchObject({ expiredObjects: 0 })
  })

  test('move to the coldest class that is due, and never to a warmer one', async () => {
    const opened = await withRules([
      {
        transitions: [
          { days: 1, ...to('IA') },
          { days: 3, ...to('Archive') },
        ],
      },
    ])
    await put(opened, 'old')
    const storageClass = async (): Promise<string> =>
      (await opened.store.getObject('photos', 'old')).attributes.storageClass
    opened.clock.advance(2 * DAY)
    expect(await run(opened)).toMatchObject({ transitions: 1 })
    expect(await storageClass()).toBe('IA')
    expect(await run(opened)).toMatchObject({ transitions: 0 })
    opened.clock.advance(3 * DAY)
    await run(opened)
    expect(await storageClass()).toBe('Archive')
    expect((await opened.store.usageOf('photos')).classes).toMatchObject({
      Archive: { objects: 1, bytes: 1 },
    })
  })

  test('that are replaced while they expire stay', async () => {
    let replace = async (): Promise<void> => {}
    const opened = await withRules([{ expiration: { days: 1 } }], {
      wrapMetadata: (metadata) => justBefore('deleteObject', metadata, () => replace()),
    })
    await put(opened, 'hot', { text: 'old' })
    opened.clock.advance(3 * DAY)
    replace = () => put(opened, 'hot', { text: 'new' })
    expect(await run(opened)).toMatchObject({ expiredObjects: 0 })
    expect(await keysOf(opened)).toEqual(['hot'])
  })
})

/** The same store, but that something happens just before the calls of one method. */
function justBefore(
  method: keyof MetadataStore,
  metadata: MetadataStore,
  happens: () => Promise<void>,
): MetadataStore {
  return new Proxy(metadata, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== method) return value.bind(target)
      return async (...args: unknown[]) => {
        await happens()
        return value.apply(target, args)
      }
    },
  })
}

function to(storageClass: string) {
  return {
    storageClass,
    isAccessTime: undefined,
    returnToStdWhenVisit: undefined,
    allowSmallFile: undefined,
  }
}

describe('versions', () => {
  test('the newest is marked as deleted, older ones go for good, and then the marker', async () => {
    const opened = await withRules([
      { prefix: '', expiration: { days: 10 }, noncurrentVersionExpirationDays: 2 },
      { prefix: '', expiration: { expiredObjectDeleteMarker: true } },
    ])
    await opened.store.setVersioning('photos', 'Enabled')
    await put(opened, 'k')
    opened.clock.advance(DAY)
    await put(opened, 'k')
    opened.clock.advance(DAY)
    expect(await run(opened)).toMatchObject({ expiredVersions: 0 })
    opened.clock.advance(2 * DAY)
    expect(await run(opened)).toMatchObject({ expiredVersions: 1, expiredObjects: 0 })
    expect(await keysOf(opened)).toEqual(['k'])
    opened.clock.advance(9 * DAY)
    expect(await run(opened)).toMatchObject({ expiredObjects: 1 })
    expect(await keysOf(opened)).toEqual(['k marker', 'k'])
    opened.clock.advance(4 * DAY)
    await run(opened)
    await run(opened)
    expect(await keysOf(opened)).toEqual([])
  })

  test('an older one that is the newest again just before it expires stays', async () => {
    let happens = async (): Promise<void> => {}
    const opened = await withRules([{ noncurrentVersionExpirationDays: 1 }], {
      wrapMetadata: (metadata) => justBefore('deleteVersion', metadata, () => happens()),
    })
    await opened.store.setVersioning('photos', 'Enabled')
    await put(opened, 'k', { text: 'older' })
    await put(opened, 'k', { text: 'newer' })
    const newest = await opened.store.getObject('photos', 'k')
    opened.clock.advance(3 * DAY)
    happens = async () => {
      happens = async () => {}
      await opened.store.deleteObject('photos', 'k', newest.versionId)
    }
    expect(await run(opened)).toMatchObject({ expiredVersions: 0 })
    expect(await opened.store.getObject('photos', 'k')).toMatchObject({ size: 5 })
  })

  test('an object that takes the place of a marker just before that is cleared stays', async () => {
    let happens = async (): Promise<void> => {}
    const opened = await withRules([{ expiration: { expiredObjectDeleteMarker: true } }], {
      wrapMetadata: (metadata) => justBefore('deleteVersion', metadata, () => happens()),
    })
    await opened.store.setVersioning('photos', 'Suspended')
    await opened.store.deleteObject('photos', 'k')
    happens = () => put(opened, 'k')
    expect(await run(opened)).toMatchObject({ expiredVersions: 0 })
    expect(await keysOf(opened)).toEqual(['k'])
  })

  test('an object that takes the place of an older marker just before that expires stays', async () => {
    let happens = async (): Promise<void> => {}
    const opened = await withRules([{ noncurrentVersionExpirationDays: 1 }], {
      wrapMetadata: (metadata) => justBefore('deleteVersion', metadata, () => happens()),
    })
    await opened.store.setVersioning('photos', 'Suspended')
    await opened.store.deleteObject('photos', 'k')
    await opened.store.setVersioning('photos', 'Enabled')
    await put(opened, 'k')
    opened.clock.advance(9 * DAY)
    happens = async () => {
      await opened.store.setVersioning('photos', 'Suspended')
      await put(opened, 'k')
      await opened.store.setVersioning('photos', 'Enabled')
      await put(opened, 'k')
    }
    expect(await run(opened)).toMatchObject({ expiredVersions: 0 })
    expect(await keysOf(opened)).toEqual(['k', 'k', 'k'])
  })

  test('older ones move to a colder class by the days since they were replaced', async () => {
    const opened = await withRules([
      { noncurrentVersionTransitions: [{ noncurrentDays: 1, ...to('IA') }] },
    ])
    await opened.store.setVersioning('photos', 'Enabled')
    await put(opened, 'k')
    opened.clock.advance(9 * DAY)
    await put(opened, 'k')
    expect(await run(opened)).toMatchObject({ transitions: 0 })
    opened.clock.advance(2 * DAY)
    expect(await run(opened)).toMatchObject({ transitions: 1 })
    expect((await opened.store.getObject('photos', 'k')).attributes.storageClass).toBe('Standard')
  })
})

describe('uploads', () => {
  async function initiate({ store }: OpenStore, key: string): Promise<void> {
    await store.initiateUpload({
      bucket: 'photos',
      key,
      attributes: { contentType: 't', headers: {}, userMetadata: {}, storageClass: undefined },
      forbidOverwrite: false,
    })
  }
  const open = async ({ store }: OpenStore): Promise<number> =>
    (await store.usageOf('photos')).uploads

  test('are aborted by the rule of their prefix', async () => {
    const opened = await withRules([{ prefix: 'a/', abortMultipartUpload: { days: 2 } }])
    await initiate(opened, 'a/1')
    await initiate(opened, 'b/1')
    opened.clock.advance(2 * DAY - 1)
    await initiate(opened, 'a/2')
    opened.clock.advance(DAY)
    expect(await run(opened)).toMatchObject({ abortedUploads: 1 })
    expect(await open(opened)).toBe(2)
  })

  test('are aborted after the age that the operator sets, in every bucket and to the moment', async () => {
    const opened = await openStore()
    await initiate(opened, 'a')
    opened.clock.advance(999)
    expect(await run(opened, 1000)).toMatchObject({ abortedUploads: 0 })
    opened.clock.advance(1)
    expect(await run(opened)).toMatchObject({ abortedUploads: 0 })
    expect(await run(opened, 1000)).toMatchObject({ abortedUploads: 1 })
    expect(await run(opened, 1000)).toMatchObject({ abortedUploads: 0 })
  })

  test('are all found, however many there are', async () => {
    const opened = await openStore()
    for (let index = 0; index < 1200; index += 1) await initiate(opened, `k${index % 7}`)
    opened.clock.advance(10)
    expect(await run(opened, 10)).toMatchObject({ abortedUploads: 1200 })
    expect(await open(opened)).toBe(0)
  })
})

test('two runs at once do each thing once', async () => {
  const opened = await withRules([{ expiration: { days: 1 } }])
  for (let index = 0; index < 20; index += 1) await put(opened, `k${index}`)
  opened.clock.advance(3 * DAY)
  const [one, other] = await Promise.all([run(opened), run(opened)])
  expect(one.expiredObjects + other.expiredObjects).toBe(20)
  expect(await keysOf(opened)).toEqual([])
})

test('a bucket whose rules cannot be read holds no other up, and is told of', async () => {
  const opened = await withRules([{ expiration: { days: 1 } }])
  const bucket = await opened.metadata.findBucket('photos')
  if (!bucket) throw new Error('There is no such bucket.')
  await opened.metadata.createBucket({ ...bucket, name: 'a-first-one' })
  await opened.metadata.putBucketSetting('a-first-one', 'lifecycle', '<Lifecycle')
  await put(opened, 'old')
  opened.clock.advance(3 * DAY)
  await expect(run(opened)).rejects.toThrow()
  expect(await keysOf(opened)).toEqual([])
})

test('a run that is told to stop stops between two steps', async () => {
  const opened = await withRules([{ expiration: { days: 1 } }])
  const signal = AbortSignal.abort(new Error('stopped'))
  const stopped = opened.store.runLifecycle({ abortUploadsAfterMs: undefined, signal })
  await expect(stopped).rejects.toThrow('stopped')
})

test('a run over many objects and uploads lets others have their turn', async () => {
  const opened = await withRules([{ expiration: { days: 1 } }])
  for (let index = 0; index < 2000; index += 1) await put(opened, `k${index}`)
  let turns = 0
  const count = (): void => {
    turns += 1
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  expect(await run(opened, DAY)).toMatchObject({ expiredObjects: 0 })
  clearImmediate(timer)
  // A page of objects each, and one for the uploads.
  expect(turns).toBeGreaterThanOrEqual(5)
})
