import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bucketNamed, openUpload } from '../../ports/metadata-samples.contract.ts'
import { bringToFormat, openEnvironment } from './environment.ts'
import { formatKey, textKey } from './keys.ts'
import { LmdbMetadataStore } from './lmdb-metadata-store.ts'
import { encodeNumber } from './records.ts'
import { openTables, type Tables } from './tables.ts'
import { Usage } from './usage.ts'

test('of several that open an older format at once one upgrades it', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'lading-meta-'))
  onTestFinished(() => rm(parent, { recursive: true }))
  const directory = join(parent, 'meta')
  const made = await LmdbMetadataStore.open({ directory })
  await made.createBucket(bucketNamed('photos'))
  await openUpload(made, 'a')
  await made.close()

  const { environment, tables } = await openEnvironment(directory)
  onTestFinished(() => environment.close())
  // As the first version left it: nothing is counted, and no row has a sum.
  const plain = openTables(environment, { sums: 'none' })
  await environment.childTransaction(() => {
    tables.usage.removeSync(textKey('photos'))
    for (const name of Object.keys(tables) as (keyof Tables)[]) {
      for (const row of [...tables[name].getRange({})]) {
        if (Buffer.compare(row.key, formatKey) !== 0) plain[name].putSync(row.key, row.value)
      }
    }
    plain.meta.putSync(formatKey, encodeNumber(1))
  })
  await Promise.all([1, 2, 3].map(() => bringToFormat(environment, directory)))
  environment.resetReadTxn()
  expect(new Usage(tables).of('photos')).toMatchObject({ uploads: 1 })
})
