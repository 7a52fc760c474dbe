/** What is asked of the database by whoever moves another store into it, and compares the two then. */

/** The rows of a table that are deleted at once. */
const SLICE = 10_000

/** Deletes some rows of a table; its key is compared as a whole. */
function clear(table: string, key: string): string {
  return `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} LIMIT ${SLICE})`
}

export const importStatements = {
  findImport: 'SELECT migration, source, blobs, finished FROM imports WHERE id = 0',
  addImport: `INSERT INTO imports (id, migration, source, blobs, finished)
    VALUES (0, $1, $2, $3, false) ON CONFLICT (id) DO NOTHING`,
  /** Nobody else is at it until the transaction ends; no row when somebody is. */
  holdImport: `SELECT migration, source, blobs, finished FROM imports WHERE id = 0
    FOR UPDATE SKIP LOCKED`,
  finishImport: 'UPDATE imports SET finished = true WHERE id = 0',
  /** Whether there is anything that a store keeps. */
  holdsAnything: `SELECT EXISTS (SELECT 1 FROM buckets) OR EXISTS (SELECT 1 FROM objects)
    OR EXISTS (SELECT 1 FROM versions) OR EXISTS (SELECT 1 FROM uploads)
    OR EXISTS (SELECT 1 FROM parts) OR EXISTS (SELECT 1 FROM blobs)
    OR EXISTS (SELECT 1 FROM garbage) AS anything`,
  noteBlob: `INSERT INTO imported_blobs (blob_id, size, md5, crc64) VALUES ($1, $2, $3, $4)
    ON CONFLICT (blob_id) DO NOTHING`,
  forgetNotes: 'DELETE FROM imported_blobs WHERE blob_id = ANY ($1::bytea[])',
  listNotes: `SELECT blob_id, size, md5, crc64 FROM imported_blobs WHERE blob_id > $1
    ORDER BY blob_id LIMIT $2`,
  clearBuckets: clear('buckets', 'name') as string,
  clearSettings: clear('settings', 'bucket, name') as string,
  clearUsage: clear('usage', 'bucket, shard, class') as string,
  clearObjects: clear('objects', 'bucket, key') as string,
  clearVersions: clear('versions', 'bucket, key, place') as string,
  clearSegments: clear('segments', 'manifest, segment') as string,
  clearUploads: clear('uploads', 'upload_id') as string,
  clearParts: clear('parts', 'upload_id, part_number') as string,
  clearBlobs: clear('blobs', 'blob_id') as string,
  clearNotes: clear('imported_blobs', 'blob_id') as string,
  importBuckets: `INSERT INTO buckets (name, owner, said)
    SELECT r.name, r.owner, r.said
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS r (name, owner, said)`,
  importSettings: `INSERT INTO settings (bucket, name, value)
    SELECT r.bucket, r.name, r.value
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS r (bucket, name, value)`,
  importUsage: `INSERT INTO usage
    (bucket, shard, class, objects, bytes, markers, uploads, parts, part_bytes)
    SELECT r.bucket, 0, r.class, r.objects, r.bytes, r.markers, r.uploads, r.parts, r.part_bytes
    FROM unnest($1::bytea[], $2::bytea[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[],
      $8::int8[]) AS r (bucket, class, objects, bytes, markers, uploads, parts, part_bytes)`,
  importObjects: `INSERT INTO objects (bucket, key, manifest, version, said, entries)
    SELECT r.bucket, r.key, r.manifest, r.version, r.said, r.entries
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])
      AS r (bucket, key, manifest, version, said, entries)`,
  importVersions: `INSERT INTO versions (bucket, key, place, manifest, version, said, entries)
    SELECT r.bucket, r.key, r.place, r.manifest, r.version, r.said, r.entries
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[],
      $7::bytea[]) AS r (bucket, key, manifest, version, said, entries, place)`,
  importSegments: `INSERT INTO segments (manifest, segment, start, entries)
    SELECT r.manifest, r.segment, r.start, r.entries
    FROM unnest($1::bytea[], $2::int4[], $3::int8[], $4::bytea[])
      AS r (manifest, segment, start, entries)`,
  importUploads: `INSERT INTO uploads (upload_id, bucket, key, said)
    SELECT r.upload_id, r.bucket, r.key, r.said
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[])
      AS r (upload_id, bucket, key, said)`,
  importParts: `INSERT INTO parts (upload_id, part_number, size, stamp, said)
    SELECT r.upload_id, r.part_number, r.size, r.stamp, r.said
    FROM unnest($1::bytea[], $2::int4[], $3::int8[], $4::int8[], $5::bytea[])
      AS r (upload_id, part_number, size, stamp, said)`,
  /** Fails where one of them has an owner. */
  importClaims: `INSERT INTO blobs (blob_id, condemned)
    SELECT b.blob_id, false FROM unnest($1::bytea[]) AS b (blob_id)`,
  raiseIds: 'UPDATE ids SET last_ms = greatest(last_ms, $1::int8) WHERE name = 0',
  lastId: 'SELECT last_ms FROM ids WHERE name = 0',
  exportBuckets: 'SELECT name, said FROM buckets WHERE name > $1 ORDER BY name LIMIT $2',
  exportSettings: 'SELECT name, value FROM settings WHERE bucket = $1 ORDER BY name',
  exportUploads: `SELECT upload_id, bucket, key, said FROM uploads
    WHERE (bucket, key, upload_id) > ($1, $2, $3) ORDER BY bucket, key, upload_id LIMIT $4`,
} as const
