/** The directory that the first format left, and what its callers had been told. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDirectory } from '../../packages/server/src/compose.ts'
import type { MetadataStore } from '../../packages/server/src/ports/metadata-store.ts'
import { fastFolder } from './checkers.ts'
import type { Effect, Mark } from './ledger.ts'

const fixture = fileURLToPath(new URL('../upgrade/format-1.tar.gz', import.meta.url))

export function unpackOlder(directory: string): void {
  const { status, stderr } = spawnSync('tar', ['-xzf', fixture, '-C', directory])
  if (status !== 0) throw new Error(`The fixture could not be unpacked: ${stderr}`)
}

/** What is in a copy of the directory once that is upgraded, as marks of answered requests. */
export async function marksOfOlder(): Promise<Mark[]> {
  const folder = mkdtempSync(join(fastFolder(), 'lading-older-'))
  try {
    unpackOlder(folder)
    const engines = await openDirectory(folder, { masterKey: undefined, now: () => new Date() })
    try {
      return await marksOf(engines.metadata)
    } finally {
      await engines.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function marksOf(metadata: MetadataStore): Promise<Mark[]> {
  const marks: Mark[] = []
  const add = (effect: Effect, uploadId?: string): void => {
    const number = -marks.length - 1
    marks.push({ ask: number, effects: [effect] }, { told: number, outcome: 'done', uploadId })
  }
  const all = { prefix: '', delimiter: '', after: undefined, limit: 1_000 }
  const { rows: buckets } = await metadata.listBuckets({ ...all, owner: undefined })
  for (const { name } of buckets) {
    add({ on: 'bucket', name })
    for (const entry of (await metadata.listObjects(name, all)).rows) {
      if (entry.kind !== 'row') continue
      add({ on: 'key', bucket: name, key: entry.row.key, becomes: entry.row.etag })
    }
    const uploads = await metadata.listUploads(name, { ...all, afterUploadId: undefined })
    for (const entry of uploads.rows) {
      if (entry.kind !== 'row') continue
      const { key, uploadId } = entry.row
      add({ on: 'upload', bucket: name, key }, uploadId)
      const parts = await metadata.listParts(entry.row, { after: 0, limit: 1_000 })
      for (const { partNumber, md5 } of parts?.rows ?? []) {
        const becomes = Buffer.from(md5).toString('hex').toUpperCase()
        add({ on: 'part', uploadId, partNumber, becomes })
      }
    }
  }
  return marks
}
