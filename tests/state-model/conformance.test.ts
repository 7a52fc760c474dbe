/**
 * The machine is worth what its steps have in common with the store's: random ways through it are
 * gone on the reference drivers too, which every other driver is compared with.
 */

import { md5ETag, OssError } from '@lading/protocol'
import { expect, test } from 'vitest'
import { MemoryBlobStore } from '../../packages/server/src/drivers/memory/memory-blob-store.ts'
import { MemoryMetadataStore } from '../../packages/server/src/drivers/memory/memory-metadata-store.ts'
import type { BlobId } from '../../packages/server/src/ports/blob-store.ts'
import type {
  ManifestEntry,
  OpenObject,
  Upload,
} from '../../packages/server/src/ports/metadata-store.ts'
import { decide } from '../../packages/server/src/store/complete-upload.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import {
  type Actor,
  type Budget,
  firstState,
  partOf,
  type State,
  type Step,
  serverRules,
  stepsFrom,
} from './upload-machine.ts'

const WAYS = 300
const budget: Budget = {
  puts: 5,
  completions: 2,
  aborts: 1,
  reads: 2,
  collections: 4,
  crashes: 1,
}
const seed = seedFromEnvironment()
const always = new Date(Date.UTC(2200, 0))

test(`the reference drivers take each step of ${WAYS} random ways as the machine does`, async () => {
  const random = new Random(seed)
  const taken = new Map<string, number>()
  for (let way = 0; way < WAYS; way += 1) {
    const drivers = await Drivers.open()
    let state = firstState(budget)
    for (;;) {
      const steps = [...stepsFrom(state, serverRules)]
      const [first, ...others] = steps
      if (first === undefined) break
      const step = random.pick([first, ...others])
      const kind = step.name.replace(/[\d.: ]+/g, ' ').trim()
      taken.set(kind, (taken.get(kind) ?? 0) + 1)
      await drivers.take(state, step)
      state = step.next
      expect(await drivers.look(), `${step.name}, seed ${seed}, way ${way}`).toEqual(shown(state))
    }
  }
  console.log(`steps (seed ${seed}): ${JSON.stringify(Object.fromEntries([...taken].sort()))}`)
  expect([...taken.keys()].sort()).toEqual([
    'abort',
    'absolve',
    'collect',
    'commit part',
    'condemn',
    'crash',
    'delete condemned',
    'delete file',
    'find',
    'go on with',
    'leave',
    'open object',
    'publish',
    'read',
    'read parts',
    'settle',
    'write part',
  ])
})

/** What can be seen of a state through the ports. */
interface Shown {
  readonly uploads: readonly (readonly number[] | undefined)[]
  readonly object: readonly number[] | undefined
  readonly due: readonly number[]
  readonly condemned: readonly number[]
  readonly files: readonly number[]
}

function shown({ uploads, object, garbage, condemned, files, actors }: State): Shown {
  const spared = actors.flatMap((actor) => (actor.does === 'read' ? actor.spared : []))
  return {
    uploads: uploads.map(({ open, parts }) =>
      open ? parts.filter((blob) => blob !== 0) : undefined,
    ),
    object,
    due: inOrder(garbage.filter((blob) => !spared.includes(blob))),
    condemned: inOrder(condemned),
    files: inOrder(files),
  }
}

function inOrder(blobs: readonly number[]): number[] {
  return [...new Set(blobs)].sort((left, right) => left - right)
}

class Drivers {
  readonly #blobs = new MemoryBlobStore()
  readonly #metadata: MemoryMetadataStore
  readonly #uploads: readonly Upload[]
  readonly #ids = new Map<number, BlobId>()
  readonly #numbers = new Map<BlobId, number>()
  readonly #readers = new Map<number, OpenObject>()

  private constructor(metadata: MemoryMetadataStore, uploads: readonly Upload[]) {
    this.#metadata = metadata
    this.#uploads = uploads
  }

  static async open(): Promise<Drivers> {
    const metadata = new MemoryMetadataStore()
    await metadata.createBucket({
      name: 'model',
      owner: 'nobody',
      createdAt: new Date(0),
      acl: 'private',
      storageClass: 'Standard',
      dataRedundancyType: 'LRS',
    })
    const begin = (): Promise<Upload | undefined> =>
      metadata.createUpload({
        bucket: 'model',
        key: 'key',
        initiatedAt: new Date(0),
        attributes: { contentType: '', headers: {}, userMetadata: {}, storageClass: 'Standard' },
      })
    const uploads = [await begin(), await begin()].filter((upload) => upload !== undefined)
    return new Drivers(metadata, uploads)
  }

  async take({ actors }: State, { name, actor: index, next }: Step): Promise<void> {
    if (index === undefined) {
      for (const at of [...this.#readers.keys()]) this.#release(at)
      return
    }
    const before = actors[index]
    const after = next.actors[index]
    if (before === undefined || after === undefined) return
    switch (before.does) {
      case 'nothing':
        return await this.#begin(name, index, after)
      case 'put':
        return await this.#commit(before, next)
      case 'complete':
        return after.does === 'complete' ? undefined : await this.#complete(before)
      case 'read':
        return await this.#read(index, before)
      case 'collect':
        return await this.#collect(before)
    }
  }

  async look(): Promise<Shown> {
    const due = await this.#metadata.dueGarbage({ before: always, limit: 1_000 })
    const files: number[] = []
    for await (const { id } of this.#blobs.list({ before: always })) files.push(this.#number(id))
    const open = await this.#metadata.openObject('model', 'key')
    const object = open && (await entriesOf(open)).map(({ blobId }) => this.#number(blobId))
    open?.release()
    return {
      uploads: await Promise.all(this.#uploads.map((upload) => this.#partsOf(upload))),
      object,
      due: inOrder(due.flatMap(({ blobs }) => blobs.map((id) => this.#number(id)))),
      condemned: inOrder((await this.#metadata.listCondemned(1_000)).map((id) => this.#number(id))),
      files: inOrder(files),
    }
  }

  async #begin(name: string, index: number, after: Actor): Promise<void> {
    if (after.does === 'put') {
      const { id } = await this.#blobs.write(bytesOf(after.blob))
      this.#ids.set(after.blob, id)
      this.#numbers.set(id, after.blob)
    } else if (after.does === 'read') {
      const open = await this.#metadata.openObject('model', 'key')
      if (open) this.#readers.set(index, open)
    } else if (after.does === 'nothing') {
      expect(await this.#metadata.abortUpload(this.#upload(Number(name.at(-1))))).toBe(true)
    }
  }

  async #commit(
    { upload, part, blob }: Extract<Actor, { readonly does: 'put' }>,
    next: State,
  ): Promise<void> {
    const row = { ...partOf(part + 1, blob), blobId: this.#id(blob) }
    const outcome = await this.#metadata.commitPart(this.#upload(upload), row)
    expect(outcome === 'committed').toBe(next.claimed.includes(blob))
    if (outcome !== 'committed') await this.#blobs.delete(this.#id(blob))
  }

  async #complete({ upload, asked }: Extract<Actor, { readonly does: 'complete' }>): Promise<void> {
    const parts = asked.flatMap((blob, at) =>
      blob === 0 ? [] : [{ partNumber: at + 1, etag: md5ETag(partOf(at + 1, blob).md5) }],
    )
    try {
      await this.#metadata.completeUpload(this.#upload(upload), (found) =>
        decide(found, { parts, forbidOverwrite: false }, new Date(0)),
      )
    } catch (error) {
      if (!(error instanceof OssError)) throw error
    }
  }

  async #read(
    index: number,
    { left: [blob] }: Extract<Actor, { readonly does: 'read' }>,
  ): Promise<void> {
    if (blob === undefined) return this.#release(index)
    const range = { offset: 0, length: 1 }
    for await (const bytes of this.#blobs.read(this.#id(blob), range)) {
      expect(bytes[0]).toBe(blob)
    }
  }

  async #collect({ step, blob }: Extract<Actor, { readonly does: 'collect' }>): Promise<void> {
    const id = this.#id(blob)
    switch (step) {
      case 'delete':
      case 'delete-condemned':
        return await this.#blobs.delete(id)
      case 'condemn':
        await this.#metadata.condemnBlobs([id])
        return
      case 'absolve':
        return await this.#metadata.absolveBlobs([id])
      case 'settle': {
        const due = await this.#metadata.dueGarbage({ before: always, limit: 1_000 })
        const item = due.find(({ blobs }) => blobs.includes(id))
        if (item) await this.#metadata.settleGarbage({ ...item, blobs: [id] })
      }
    }
  }

  #release(index: number): void {
    this.#readers.get(index)?.release()
    this.#readers.delete(index)
  }

  async #partsOf(upload: Upload): Promise<number[] | undefined> {
    const page = await this.#metadata.listParts(upload, { after: 0, limit: 10 })
    return page?.rows.map(({ blobId }) => this.#number(blobId))
  }

  #upload(at: number): Upload {
    const upload = this.#uploads[at]
    if (upload === undefined) throw new Error(`There is no upload ${at}.`)
    return upload
  }

  #id(blob: number): BlobId {
    return this.#ids.get(blob) ?? (String(blob) as BlobId)
  }

  #number(id: BlobId): number {
    return this.#numbers.get(id) ?? 0
  }
}

async function* bytesOf(blob: number): AsyncIterable<Uint8Array> {
  yield Uint8Array.of(blob)
}

async function entriesOf(open: OpenObject): Promise<ManifestEntry[]> {
  const entries: ManifestEntry[] = []
  for await (const page of open.manifest(0)) entries.push(...page.entries)
  return entries
}
