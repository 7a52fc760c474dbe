/** The commands of the test against the model, and running sequences of them. */

import type { ETag, UploadId } from '@lading/protocol'
import fc from 'fast-check'
import { bucketNamed, type Clock, objectOf } from '../ports/metadata-samples.contract.ts'
import type { CompletionRule, ManifestEntry, Part, Upload } from '../ports/metadata-store.ts'
import { MemoryBlobStore } from './memory/memory-blob-store.ts'
import { MemoryMetadataStore } from './memory/memory-metadata-store.ts'
import { type Blob, type Pair, type Twin, versionIdOf, World } from './model-world.contract.ts'

/** What reaches every outcome with some to spare. */
export const ALL_SEQUENCES = 1_000

/** How often each command came out in each way. */
const tally = new Map<string, number>()

type Act = (world: World) => Promise<string>

type Command = fc.AsyncCommand<World, World>

function command(name: string, show: unknown, act: Act): Command {
  return {
    check: () => true,
    async run(_, world) {
      const outcome = `${name}: ${await act(world)}`
      tally.set(outcome, (tally.get(outcome) ?? 0) + 1)
    },
    toString: () => `${name} ${JSON.stringify(show)}`,
  }
}

const keys = ['a', 'a/', 'a/b', 'a/b/c', 'a/c', 'b', '🦊', '\ufffd', '\ufffd/x']
const key = fc.constantFrom('a', 'a', 'a/b', ...keys)
const at = fc.nat(50)
const bucketAt = fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 2)
const content = fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ maxLength: 40 }))
const query = fc.record({
  prefix: fc.constantFrom('', '', 'a', 'a/', '\ufffd'),
  delimiter: fc.constantFrom('', '/', '/', 'b'),
  after: fc.option(fc.constantFrom('', ...keys), { nil: undefined }),
  limit: fc.constantFrom(1, 2, 3, 1_000),
})

/** One of what there is, if there is any. */
function pick<Thing>(things: readonly Thing[], index: number): Thing | undefined {
  return things[index % Math.max(1, things.length)]
}

/** A blob that waits already, or a new one. */
async function takeBlob(world: World, bytes: Uint8Array, useLoose: boolean): Promise<Blob> {
  const waiting = useLoose ? world.loose.shift() : undefined
  return waiting ?? (await world.write(bytes))
}

function part(partNumber: number, blob: Blob, side: 'model' | 'real', uploadedAt: Date): Part {
  const crc64 = BigInt(blob.bytes.length * 7)
  const md5 = new Uint8Array(16).fill(blob.bytes.length)
  return { partNumber, blobId: blob[side], size: blob.bytes.length, md5, crc64, uploadedAt }
}

/** Keeps all parts, or the odd ones; refuses at the end if asked to, or if there is an object. */
function rule(refuses: 'never' | 'page' | 'finish' | 'existing', odd: boolean) {
  return (upload: Upload): CompletionRule => {
    const kept: Part[] = []
    const dropped: Part[] = []
    return {
      page(parts) {
        if (refuses === 'page') throw new Error('InvalidPart')
        for (const one of parts) {
          const keeps = one.size > 0 && (!odd || one.partNumber % 2 === 1)
          ;(keeps ? kept : dropped).push(one)
        }
      },
      finish(current) {
        if (refuses === 'finish' || (refuses === 'existing' && current)) throw new Error('refused')
        const manifest: ManifestEntry[] = kept.map(({ blobId, size }) => {
          return { blobId, blobOffset: 0, length: size }
        })
        const object = objectOf(upload.key, manifest, {
          bucket: upload.bucket,
          type: 'Multipart',
          etag: `${kept.map(({ partNumber }) => partNumber).join()}` as ETag,
        })
        return { object, dropped: dropped.map(({ blobId }) => blobId) }
      },
    }
  }
}

const owners = ['alice', 'bob']

/** Weighted so that uploads get parts before they end, and every outcome is reached. */
const commands: fc.MaybeWeightedArbitrary<Command>[] = [
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(2), fc.nat(1)).map((show) =>
      command('createBucket', show, async (world) => {
        const [index, owner] = show
        const bucket = bucketNamed(world.buckets[index] ?? '', owners[owner])
        const done = await world.both(({ metadata }) => metadata.createBucket(bucket))
        return done !== 'threw' && done.model.created ? 'created' : 'stands'
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(2), fc.nat(1), fc.boolean()).map((show) =>
      command('updateBucket', show, async (world) => {
        const [index, owner, refuses] = show
        const done = await world.both(({ metadata }) =>
          metadata.updateBucket(world.buckets[index] ?? '', (bucket) => {
            if (refuses) throw new Error('refused')
            return { ...bucket, owner: owners[owner] ?? '' }
          }),
        )
        if (done === 'threw') return 'refused'
        return done.model ? 'changed' : 'missing'
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 1, 1, 2, 2).map((index) =>
      command('deleteBucket', index, async (world) => {
        const name = world.buckets[index] ?? ''
        const done = await world.both(({ metadata }) => metadata.deleteBucket(name))
        return done === 'threw' ? done : done.model
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(1), fc.option(fc.nat(2)), fc.constantFrom(1, 1_000)).map((show) =>
      command('listBuckets', show, async (world) => {
        const [owner, index, limit] = show
        const after = index === null ? undefined : world.buckets[index]
        const done = await world.both(({ metadata }) =>
          metadata.listBuckets({ owner: owners[owner] ?? '', prefix: 's', after, limit }),
        )
        for (const name of world.buckets)
          await world.both(({ metadata }) => metadata.findBucket(name))
        if (done === 'threw') return done
        return done.model.truncated ? 'truncated' : done.model.rows.length > 0 ? 'some' : 'none'
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(bucketAt, key, fc.boolean()).map((show) =>
      command('createUpload', show, (world) => {
        const [index, name, mustBeNew] = show
        return world.createUpload(world.buckets[index] ?? '', name, mustBeNew)
      }),
    ),
  },
  {
    weight: 12,
    arbitrary: fc.tuple(at, fc.integer({ min: 1, max: 4 }), content, fc.boolean()).map((show) =>
      command('commitPart', show, async (world) => {
        const [index, partNumber, bytes, useLoose] = show
        const upload = pick(world.uploads, index)
        if (!upload) return 'no upload yet'
        const blob = await takeBlob(world, bytes, useLoose)
        const done = await world.both(({ metadata }, side) =>
          metadata.commitPart(upload[side], part(partNumber, blob, side, world.clock.now())),
        )
        if (done !== 'threw' && done.model === 'no-upload') world.loose.push(blob)
        return done === 'threw' ? done : done.model
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(at, fc.integer({ min: 1, max: 4 }), fc.boolean()).map((show) =>
      command('commitPartAgain', show, async (world) => {
        const [index, partNumber, samePlace] = show
        const upload = pick(world.uploads, index)
        if (!upload) return 'no upload yet'
        const held = await world.both(async ({ metadata }, side) => {
          const page = await metadata.listParts(upload[side], { after: 0, limit: 10 })
          return page?.rows.at(0)
        })
        if (held === 'threw' || !held.model || !held.real) return 'no part yet'
        const twins: Twin<Part> = { model: held.model, real: held.real }
        const done = await world.both(({ metadata }, side) => {
          const again = samePlace ? {} : { partNumber }
          return metadata.commitPart(upload[side], { ...twins[side], ...again })
        })
        return done === 'threw' ? done : done.model
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(at, fc.nat(4), fc.integer({ min: 1, max: 4 })).map((show) =>
      command('listParts', show, async (world) => {
        const [index, after, limit] = show
        const upload = pick(world.uploads, index)
        if (!upload) return 'no upload yet'
        const done = await world.both(({ metadata }, side) =>
          metadata.listParts(upload[side], { after, limit }),
        )
        if (done === 'threw') return done
        if (!done.model) return 'gone'
        return done.model.truncated ? 'truncated' : 'whole'
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(at, fc.constantFrom('bucket', 'key', 'uploadId', 'none')).map((show) =>
      command('findUpload', show, async (world) => {
        const [index, wrong] = show
        const upload = pick(world.uploads, index)
        if (!upload) return 'no upload yet'
        const change = wrong === 'none' ? {} : { [wrong]: 'x' as UploadId }
        const done = await world.both(({ metadata }, side) =>
          metadata.findUpload({ ...upload[side], ...change }),
        )
        return done !== 'threw' && done.model ? 'found' : 'missing'
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(bucketAt, query, fc.option(at)).map((show) =>
      command('listUploads', show, async (world) => {
        const [index, asked, uploadAt] = show
        const upload = uploadAt === null ? undefined : pick(world.uploads, uploadAt)
        const done = await world.both(({ metadata }, side) =>
          metadata.listUploads(world.buckets[index] ?? '', {
            ...asked,
            ...(upload ? { after: upload[side].key } : {}),
            afterUploadId: upload?.[side].uploadId,
          }),
        )
        if (done === 'threw') return done
        return done.model.truncated ? 'truncated' : done.model.rows.length > 0 ? 'some' : 'none'
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        at,
        fc.constantFrom('never', 'never', 'never', 'page', 'finish', 'existing'),
        fc.boolean(),
      )
      .map((show) =>
        command('completeUpload', show, async (world) => {
          const [index, refuses, odd] = show
          const upload = pick(world.uploads, index)
          if (!upload) return 'no upload yet'
          const done = await world.both(({ metadata }, side) =>
            metadata.completeUpload(upload[side], rule(refuses, odd)),
          )
          if (done === 'threw') return 'refused'
          return done.model ? 'published' : 'gone'
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: at.map((index) =>
      command('abortUpload', index, async (world) => {
        const upload = pick(world.uploads, index)
        if (!upload) return 'no upload yet'
        const done = await world.both(({ metadata }, side) => metadata.abortUpload(upload[side]))
        return done !== 'threw' && done.model ? 'aborted' : 'gone'
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(bucketAt, key, fc.array(content, { maxLength: 3 }), fc.boolean(), fc.boolean())
      .map((show) =>
        command('putObject', show, async (world) => {
          const [index, name, contents, mustBeNew, useLoose] = show
          const blobs: Blob[] = []
          for (const bytes of contents) blobs.push(await takeBlob(world, bytes, useLoose))
          const done = await world.both(({ metadata }, side) => {
            const manifest = blobs
              .filter(({ bytes }) => bytes.length > 0)
              .map((blob) => ({ blobId: blob[side], blobOffset: 0, length: blob.bytes.length }))
            const object = objectOf(name, manifest, { bucket: world.buckets[index] ?? '' })
            return metadata.putObject(object, (current) => {
              if (mustBeNew && current) throw new Error('exists')
            })
          })
          if (done === 'threw') return 'refused'
          return typeof done.model === 'string' ? done.model : 'published'
        }),
      ),
  },
  // More entries than a row holds itself.
  {
    weight: 1,
    arbitrary: fc.tuple(bucketAt, key).map((show) =>
      command('putLongObject', show, async (world) => {
        const [index, name] = show
        const blobs: Blob[] = []
        for (let n = 0; n < 18; n++) blobs.push(await world.write(Uint8Array.of(n, n)))
        const done = await world.both(({ metadata }, side) => {
          const entries = blobs.map((blob) => ({ blobId: blob[side], blobOffset: 1, length: 1 }))
          return metadata.putObject(objectOf(name, entries, { bucket: world.buckets[index] ?? '' }))
        })
        if (done === 'threw') return done
        return typeof done.model === 'string' ? done.model : 'published'
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(bucketAt, key).map((show) =>
      command('deleteObject', show, async (world) => {
        const [index, name] = show
        const done = await world.both(({ metadata }) =>
          metadata.deleteObject(world.buckets[index] ?? '', name),
        )
        return done === 'threw' ? done : done.model.kind
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(bucketAt, query).map((show) =>
      command('listObjects', show, async (world) => {
        const [index, asked] = show
        const done = await world.both(({ metadata }) =>
          metadata.listObjects(world.buckets[index] ?? '', asked),
        )
        if (done === 'threw') return done
        return done.model.truncated ? 'truncated' : done.model.rows.length > 0 ? 'some' : 'none'
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(bucketAt, fc.constantFrom('Enabled', 'Enabled', 'Suspended')).map((show) =>
      command('setVersioning', show, async (world) => {
        const [index, versioning] = show
        const done = await world.both(({ metadata }) =>
          metadata.updateBucket(world.buckets[index] ?? '', (bucket) => ({
            ...bucket,
            versioning,
          })),
        )
        return done !== 'threw' && done.model ? versioning : 'missing'
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(bucketAt, at, fc.constantFrom(true, false, false, false)).map((show) =>
      command('deleteVersion', show, async (world) => {
        const [index, versionAt, refuses] = show
        const bucket = world.buckets[index] ?? ''
        const version = pick(await world.versionsIn(bucket), versionAt)
        const done = await world.both(({ metadata }, side) =>
          metadata.deleteVersion(
            bucket,
            version?.[side].key ?? 'a',
            version ? versionIdOf(version[side]) : 'null',
            () => {
              if (refuses) throw new Error('refused')
            },
          ),
        )
        return done === 'threw' ? 'refused' : done.model
      }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(bucketAt, at, fc.boolean()).map((show) =>
      command('readVersion', show, async (world) => {
        const [index, versionAt, keep] = show
        const bucket = world.buckets[index] ?? ''
        const version = pick(await world.versionsIn(bucket), versionAt)
        if (!version) return 'none'
        const { key: name } = version.model
        await world.both(({ metadata }, side) =>
          metadata.findVersion(bucket, name, versionIdOf(version[side])),
        )
        await world.both(({ metadata }) => metadata.findVersion(bucket, name, undefined))
        return await world.read(bucket, name, keep, version)
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(bucketAt, query, fc.option(at)).map((show) =>
      command('listVersions', show, async (world) => {
        const [index, asked, versionAt] = show
        const bucket = world.buckets[index] ?? ''
        const version =
          versionAt === null ? undefined : pick(await world.versionsIn(bucket), versionAt)
        const done = await world.both(({ metadata }, side) =>
          metadata.listVersions(bucket, {
            ...asked,
            ...(version ? { after: version[side].key } : {}),
            afterVersionId: version && versionIdOf(version[side]),
          }),
        )
        if (done === 'threw') return done
        return done.model.truncated ? 'truncated' : done.model.rows.length > 0 ? 'some' : 'none'
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(bucketAt, key, fc.array(content, { maxLength: 20 })).map((show) =>
      command('appendObject', show.slice(0, 2), async (world) => {
        const [index, name, contents] = show
        const blobs: Blob[] = []
        for (const bytes of contents) if (bytes.length > 0) blobs.push(await world.write(bytes))
        const done = await world.both(({ metadata }, side) => {
          const entries = blobs.map((blob) => {
            return { blobId: blob[side], blobOffset: 0, length: blob.bytes.length }
          })
          const bucket = world.buckets[index] ?? ''
          return metadata.appendObject({ bucket, key: name }, entries, (current) => {
            if (current?.type === 'Multipart') throw new Error('not appendable')
            const { manifest: _, ...object } = objectOf(name, entries, { bucket })
            return { ...object, type: 'Appendable', size: object.size + (current?.size ?? 0) }
          })
        })
        if (done === 'threw') return 'refused'
        return typeof done.model === 'string' ? done.model : 'appended'
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(bucketAt, key, at, fc.constantFrom('IA', 'Standard', 'refused'))
      .map((show) =>
        command('updateObject', show, async (world) => {
          const [index, name, versionAt, change] = show
          const bucket = world.buckets[index] ?? ''
          const version =
            versionAt % 2 ? pick(await world.versionsIn(bucket), versionAt) : undefined
          const done = await world.both(({ metadata }, side) => {
            const at = version
              ? { bucket, key: version[side].key, versionId: versionIdOf(version[side]) }
              : { bucket, key: name }
            return metadata.updateObject(at, (object) => {
              if (change === 'refused') throw new Error('refused')
              return { ...object, attributes: { ...object.attributes, storageClass: change } }
            })
          })
          if (done === 'threw') return 'refused'
          return done.model ? 'updated' : 'missing'
        }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(bucketAt, fc.constantFrom('cors', 'policy'), fc.constantFrom('', 'x', undefined))
      .map((show) =>
        command('putBucketSetting', show, async (world) => {
          const [index, name, value] = show
          const bucket = world.buckets[index] ?? ''
          const done = await world.both(({ metadata }) =>
            metadata.putBucketSetting(bucket, name, value),
          )
          for (const other of ['cors', 'policy']) {
            await world.both(({ metadata }) => metadata.findBucketSetting(bucket, other))
          }
          return done !== 'threw' && done.model ? 'put' : 'no-bucket'
        }),
      ),
  },
  {
    weight: 2,
    arbitrary: bucketAt.map((index) =>
      command('usage', index, async (world) => {
        const done = await world.both(({ metadata }) => metadata.usage(world.buckets[index] ?? ''))
        return done !== 'threw' && done.model ? 'told' : 'no-bucket'
      }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(bucketAt, key, fc.boolean()).map((show) =>
      command('readObject', show, async (world) => {
        const [index, name, keep] = show
        const bucket = world.buckets[index] ?? ''
        await world.both(({ metadata }) => metadata.findObject(bucket, name))
        return await world.read(bucket, name, keep)
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(at, fc.boolean()).map((show) =>
      command('readOn', show, async (world) => {
        const [index, release] = show
        const reader = pick(world.readers, index)
        if (!reader) return 'no reader yet'
        await world.readAgain(reader)
        if (!release) return 'read'
        world.release(reader)
        return 'released'
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: content.map((bytes) =>
      command('writeBlob', bytes.length, async (world) => {
        world.loose.push(await world.write(bytes))
        return 'written'
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(-5_000, 1, 1_000, 60_000).map((ms) =>
      command('advanceClock', ms, async (world) => {
        world.clock.advance(ms)
        return ms < 0 ? 'back' : 'on'
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(0, 0, 1_000).map((ago) =>
      command('collect', ago, async (world) => {
        const count = await world.collect(new Date(world.clock.time - ago))
        return count > 0 ? 'some' : 'none'
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(true, false, false, false).map((finish) =>
      command('condemn', finish, async (world) => {
        const condemned = await world.condemn()
        // Otherwise the collector died in between, and somebody finishes what it began.
        if (finish) await world.deleteCondemned()
        return condemned > 0 ? 'some' : 'none'
      }),
    ),
  },
]

const outcomes = [
  'createBucket: created|stands',
  'updateBucket: changed|missing|refused',
  'deleteBucket: deleted|missing|has-objects|has-uploads',
  'listBuckets: some|none|truncated',
  'createUpload: created|refused|no-bucket',
  'commitPart: committed|no-upload|condemned',
  'commitPartAgain: committed|threw',
  'listParts: gone|truncated|whole',
  'findUpload: found|missing',
  'listUploads: some|none|truncated',
  'completeUpload: published|gone|refused',
  'abortUpload: aborted|gone',
  'putObject: published|no-bucket|condemned|refused',
  'putLongObject: published|no-bucket',
  'deleteObject: deleted|missing|marked',
  'setVersioning: Enabled|Suspended|missing',
  'deleteVersion: object|marker|missing|refused',
  'readVersion: read|missing|none',
  'listVersions: some|none|truncated',
  'appendObject: appended|no-bucket|refused',
  'updateObject: updated|missing|refused',
  'putBucketSetting: put|no-bucket',
  'usage: told|no-bucket',
  'listObjects: some|none|truncated',
  'readObject: read|missing',
  'readOn: read|released',
  'writeBlob: written',
  'advanceClock: back|on',
  'collect: some|none',
  'condemn: some|none',
].flatMap((line) => {
  const [name = '', ends = ''] = line.split(': ')
  return ends.split('|').map((end) => `${name}: ${end}`)
})

/**
 * Runs sequences of commands against `real`, which must be empty and take the time from `clock`, and
 * against the model. Throws where they differ; resolves with the outcomes that were never reached.
 */
export async function compareWithModel(
  real: Pair,
  clock: Clock,
  sequencesWanted: number,
): Promise<string[]> {
  const model = { blobs: new MemoryBlobStore(), metadata: new MemoryMetadataStore(clock) }
  let sequences = 0
  let ran = 0
  tally.clear()
  const sequence = fc.array(fc.oneof(...commands), { minLength: 30, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(sequence, async (steps) => {
      const world = new World(model, real, { clock, sequence: sequences++ })
      await world.begin()
      await fc.asyncModelRun(() => ({ model: world, real: world }), steps)
      await world.end()
      ran += steps.length
    }),
    // A failed sequence leaves the stores apart, so smaller ones would say nothing.
    { numRuns: sequencesWanted, endOnFailure: true },
  )
  const counts = outcomes.map((outcome) => `${outcome} ${tally.get(outcome) ?? 0}`)
  console.log(`${sequences} sequences, ${ran} commands\n${counts.join(', ')}`)
  if (sequences < sequencesWanted) throw new Error(`Only ${sequences} sequences ran.`)
  return outcomes.filter((outcome) => !tally.has(outcome))
}
