import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Clock } from '../ports/metadata-samples.contract.ts'
import { FilesBlobStore } from './files/files-blob-store.ts'
import { LmdbMetadataStore } from './lmdb/lmdb-metadata-store.ts'
import { ALL_SEQUENCES, compareWithModel } from './model-commands.contract.ts'

/** At home a tenth, so that nobody waits minutes for it. */
const SEQUENCES = process.env.CI ? ALL_SEQUENCES : ALL_SEQUENCES / 10

test(`lmdb and files do what the model does, over ${SEQUENCES} sequences of commands`, async () => {
  // What a disk does is tested elsewhere; here thousands of syncs would only take time.
  const parent = await mkdtemp(
    join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'lading-model-'),
  )
  const clock = new Clock()
  const directory = join(parent, 'meta')
  const real = {
    blobs: await FilesBlobStore.open(join(parent, 'blobs'), { syncs: 'off' }),
    metadata: await LmdbMetadataStore.open({ directory, now: clock.now }),
  }
  try {
    const unreached = await compareWithModel(real, clock, SEQUENCES)
    if (SEQUENCES === ALL_SEQUENCES) expect(unreached).toEqual([])
  } finally {
    await real.metadata.close()
    await real.blobs.close()
    await rm(parent, { recursive: true })
  }
}, 300_000)
