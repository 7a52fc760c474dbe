/** What is done to a store while it is recorded. Each is short: it is cut off at every one of its calls. */

import type { UploadRef } from '../../packages/server/src/ports/metadata-store.ts'
import type { Random } from '../support/random.ts'
import { BUCKET, etagOf, type Stage } from './stage.ts'

/** Bytes. The least of a part that is not the last. */
const LEAST = 100 * 1024

/** Bytes. Too many to be kept in a row: these get a file of their own. */
const OWN_FILE = 20_000

export type Script = (stage: Stage, random: Random) => Promise<void>

export const scripts = {
  /** Nothing but that there is a store, and one small thing in it. */
  'first start': async (stage) => {
    await stage.bucket()
    await stage.put('first', Buffer.from('the first bytes of all'))
  },

  'initiate, parts, complete': async (stage, random) => {
    await stage.bucket()
    const upload = await stage.initiate('movie')
    const one = await stage.part(upload, 1, random.bytes(LEAST))
    const two = await stage.part(upload, 2, random.bytes(LEAST + 1))
    const three = await stage.part(upload, 3, random.bytes(700))
    await stage.complete(upload, [one, two, three])
  },

  overwrite: async (stage, random) => {
    await stage.bucket()
    const upload = await stage.initiate('movie')
    await stage.part(upload, 1, random.bytes(LEAST))
    const again = await stage.part(upload, 1, random.bytes(LEAST))
    const last = await stage.part(upload, 2, random.bytes(900))
    await stage.put('movie', random.bytes(2_000))
    await stage.complete(upload, [again, last])
    await stage.put('movie', random.bytes(3_000))
    await stage.collect()
  },

  abort: async (stage, random) => {
    await stage.bucket()
    const upload = await stage.initiate('movie')
    await stage.part(upload, 1, random.bytes(LEAST))
    await stage.part(upload, 2, random.bytes(5_000))
    const kept = await stage.initiate('movie')
    await stage.part(kept, 1, random.bytes(4_000))
    await stage.abort(upload)
    await stage.collect()
    await stage.part(kept, 2, random.bytes(600))
  },

  'delete and collection': async (stage, random) => {
    await stage.bucket()
    const upload = await stage.initiate('movie')
    const one = await stage.part(upload, 1, random.bytes(LEAST))
    const two = await stage.part(upload, 2, random.bytes(1_500))
    await stage.complete(upload, [one, two])
    await stage.put('note', random.bytes(1_200))
    await stage.delete('movie')
    await stage.collect()
    await stage.put('movie', random.bytes(800))
    await stage.delete('note')
    await stage.collect()
  },

  'parallel parts': async (stage, random) => {
    await stage.bucket()
    const upload = await stage.initiate('movie')
    const contents = Array.from({ length: 4 }, () => random.bytes(LEAST))
    const etags = await Promise.all(contents.map((bytes, at) => stage.part(upload, at + 1, bytes)))
    const other = await stage.initiate('other')
    const [, otherETag] = await Promise.all([
      stage.complete(upload, etags),
      stage.part(other, 1, random.bytes(3_000)),
      stage.put('beside', random.bytes(2_500)),
    ])
    await stage.complete(other, [otherETag])
  },

  'small objects': async (stage, random) => {
    await stage.bucket()
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(
        ['a', 'b', 'c'].map((key) => stage.put(`small/${key}`, random.bytes(40 + round))),
      )
    }
    await stage.delete('small/b')
  },

  versioning: async (stage, random) => {
    await stage.bucket()
    await stage.keepVersions()
    const first = random.bytes(1_000)
    const second = random.bytes(1_100)
    const one = await stage.put('letter', first)
    const two = await stage.put('letter', second)
    const marker = await stage.delete('letter', { keepsVersions: true })
    await stage.deleteVersion('letter', marker, etagOf(second))
    await stage.deleteVersion('letter', two, etagOf(first))
    await stage.deleteVersion('letter', one, 'absent')
    await stage.collect()
  },

  'lifecycle expiry': async (stage, random) => {
    await stage.bucket()
    await stage.put('old/one', random.bytes(900))
    await stage.put('kept', random.bytes(950))
    const stale = await stage.initiate('old/upload')
    await stage.part(stale, 1, random.bytes(3_000))
    await stage.age([
      { on: 'key', bucket: BUCKET, key: 'old/one', becomes: 'absent' },
      ...(stale ? [{ on: 'end', uploadId: stale.uploadId } as const] : []),
    ])
    await stage.collect()
  },

  /** On a directory that an older version has left: opening it is what is recorded. */
  migration: async (stage, random) => {
    await stage.bucket()
    await stage.put('after', random.bytes(600))
  },

  /** On a directory that a power cut has left. */
  'restart after recovery': async (stage, random) => {
    await stage.collect()
    await stage.bucket()
    for (const upload of await openUploads(stage)) {
      await stage.part(upload, 9_000, random.bytes(2_000))
      await stage.abort(upload)
    }
    await stage.put('after', random.bytes(700))
    await stage.collect()
  },

  /** Goes on until its process is ended. */
  endless: async (stage, random) => {
    await stage.bucket()
    for (;;) {
      const key = `movie/${random.between(1, 4)}`
      const upload = await stage.initiate(key)
      const one = await stage.part(upload, 1, random.bytes(LEAST))
      const two = await stage.part(upload, 2, random.bytes(random.between(1, 5_000)))
      if (random.chance(0.2)) await stage.abort(upload)
      else await stage.complete(upload, [one, two])
      await stage.put(`small/${random.between(1, 4)}`, random.bytes(random.between(1, 3_000)))
      if (random.chance(0.2)) await stage.delete(`small/${random.between(1, 4)}`)
      if (random.chance(0.1)) await stage.collect()
    }
  },

  /** Nine files made and nine collected, so that each kind of call has an eighth time. */
  'many files': async (stage, random) => {
    await stage.bucket()
    const upload = await stage.initiate('movie')
    const one = await stage.part(upload, 1, random.bytes(LEAST))
    const two = await stage.part(upload, 2, random.bytes(OWN_FILE))
    await stage.complete(upload, [one, two])
    const keys = Array.from({ length: 7 }, (_, at) => `file/${at}`)
    for (const key of keys) await stage.put(key, random.bytes(OWN_FILE))
    for (const key of ['movie', ...keys]) await stage.delete(key)
    await stage.collect()
    await stage.put('movie', random.bytes(OWN_FILE))
    await stage.put('note', random.bytes(800))
  },
} as const satisfies Record<string, Script>

export type ScriptName = keyof typeof scripts

async function openUploads({ store }: Stage): Promise<UploadRef[]> {
  const query = {
    prefix: '',
    delimiter: '',
    after: undefined,
    afterUploadId: undefined,
    limit: 100,
  }
  const { rows } = await store.listUploads(BUCKET, query)
  return rows.flatMap((entry) => (entry.kind === 'row' ? [entry.row] : []))
}
