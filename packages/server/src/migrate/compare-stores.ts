/** Whether two stores hold the same, row by row in the order that both have. */

import type {
  ExportedBucket,
  ExportedUpload,
  ExportedVersion,
  StoreExport,
} from '../ports/migration.ts'

/** The differences that are told before the rest of a kind is passed over. */
const MOST = 10

/** What differs, in words; nothing where the two are the same. */
export async function compareStores(one: StoreExport, other: StoreExport): Promise<string[]> {
  const differences = [
    ...(await differencesOf(one.buckets(), other.buckets(), nameOfBucket)),
    ...(await differencesOf(one.versions(), other.versions(), nameOfVersion)),
    ...(await differencesOf(one.uploads(), other.uploads(), nameOfUpload)),
  ]
  if ((await other.lastIdMs()) < (await one.lastIdMs())) {
    differences.push('ids that were given out would be given out again')
  }
  return differences
}

async function differencesOf<Row>(
  ones: AsyncIterable<Row>,
  others: AsyncIterable<Row>,
  nameOf: (row: Row) => string,
): Promise<string[]> {
  const differences: string[] = []
  const rows = others[Symbol.asyncIterator]()
  try {
    for await (const one of ones) {
      const { value: other } = await rows.next()
      if (other !== undefined && textOf(other) === textOf(one)) continue
      differences.push(
        other === undefined
          ? `${nameOf(one)} is missing`
          : `${nameOf(one)} stands against ${nameOf(other)}, and they are not the same`,
      )
      if (differences.length === MOST) return differences
    }
    const { value: more } = await rows.next()
    if (more !== undefined) differences.push(`${nameOf(more)} is there and should not be`)
    return differences
  } finally {
    await rows.return?.()
  }
}

function nameOfBucket({ bucket }: ExportedBucket): string {
  return `bucket ${bucket.name}`
}

function nameOfVersion(version: ExportedVersion): string {
  const { bucket, key, versionId } = version.kind === 'object' ? version.object : version.marker
  return `${version.kind} ${bucket}/${key} (version ${versionId})`
}

function nameOfUpload({ upload: { bucket, key, uploadId } }: ExportedUpload): string {
  return `upload ${uploadId} of ${bucket}/${key}`
}

/** All of a row as text: the names of members in order, and none that is `undefined`. */
function textOf(row: unknown): string {
  return JSON.stringify(row, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(
      Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)),
    )
  })
}
