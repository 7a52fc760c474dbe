import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bucketNamed, openUpload } from '../../ports/metadata-samples.contract.ts'
import { bringToFormat, openEnvironment } from './environment.ts'
import { textKey } from './keys.ts'
import { LmdbMetadataStore } from './lmdb-metadata-store.ts'
import { encodeNumber } from './records.ts'
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
  // As the first version left it: nothing is counted.
  await environment.childTransaction(() => {
    tables.meta.putSync(textKey('format'), encodeNumber(1))
    tables.usage.removeSync(textKey('photos'))
  })
  await Promise.all([1, 2, 3].map(() => bringToFormat(environment, directory)))
  environment.resetReadTxn()
  expect(new Usage(tables).of('photos')).toMatchObject({ uploads: 1 })
})
