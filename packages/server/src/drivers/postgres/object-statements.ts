/** What is asked of the database about objects, their versions and their manifests. */

import { MICROS_BEFORE } from './statements.ts'

/** Whether a row `v` of versions is the newest of its key. */
const isLatest = `NOT EXISTS (
      SELECT 1 FROM objects o WHERE o.bucket = v.bucket AND o.key = v.key
    ) AND NOT EXISTS (
      SELECT 1 FROM versions w WHERE w.bucket = v.bucket AND w.key = v.key AND w.place < v.place
    )`

/** A row of versions, said as one of objects is. */
const versionColumns = 'v.manifest, v.version, v.said, v.entries, v.place'
const objectColumns = `manifest, version, said, entries, ''::bytea AS place`

export const objectStatements = {
  /** Whoever changes a key holds its slot until the transaction ends, also where it has no row. */
  holdKey: 'SELECT slot FROM key_locks WHERE slot = $1 FOR UPDATE',
  findObject: `SELECT ${objectColumns}, true AS latest, ${MICROS_BEFORE} AS asked
    FROM objects WHERE bucket = $1 AND key = $2` as string,
  /** The newest of those that are not in objects. */
  newestVersion: `SELECT ${versionColumns}, ${isLatest} AS latest, ${MICROS_BEFORE} AS asked
    FROM versions v WHERE v.bucket = $1 AND v.key = $2 ORDER BY v.place LIMIT 1` as string,
  findVersion: `SELECT ${versionColumns}, ${isLatest} AS latest, ${MICROS_BEFORE} AS asked
    FROM versions v WHERE v.bucket = $1 AND v.key = $2 AND v.place = $3` as string,
  findNullVersion: `SELECT ${versionColumns}, ${isLatest} AS latest, ${MICROS_BEFORE} AS asked
    FROM versions v WHERE v.bucket = $1 AND v.key = $2 AND v.version IS NULL` as string,
  putObject: `INSERT INTO objects (bucket, key, manifest, version, said, entries)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (bucket, key) DO UPDATE
    SET manifest = excluded.manifest, version = excluded.version, said = excluded.said,
      entries = excluded.entries`,
  removeObject: 'DELETE FROM objects WHERE bucket = $1 AND key = $2',
  /** Moves the newest object to the older versions. */
  lowerObject: `WITH moved AS (
      DELETE FROM objects WHERE bucket = $1 AND key = $2
      RETURNING bucket, key, manifest, version, said, entries
    )
    INSERT INTO versions (bucket, key, place, manifest, version, said, entries)
    SELECT bucket, key, $3::bytea, manifest, version, said, entries FROM moved`,
  /** Moves an older version to where the newest objects are. */
  raiseVersion: `WITH moved AS (
      DELETE FROM versions WHERE bucket = $1 AND key = $2 AND place = $3
      RETURNING bucket, key, manifest, version, said, entries
    )
    INSERT INTO objects (bucket, key, manifest, version, said, entries)
    SELECT bucket, key, manifest, version, said, entries FROM moved`,
  putVersion: `INSERT INTO versions (bucket, key, place, manifest, version, said, entries)
    VALUES ($1, $2, $3, $4, $5, $6, $7)`,
  changeVersion: `UPDATE versions SET said = $4 WHERE bucket = $1 AND key = $2 AND place = $3`,
  changeObject: 'UPDATE objects SET said = $3 WHERE bucket = $1 AND key = $2',
  removeVersion: 'DELETE FROM versions WHERE bucket = $1 AND key = $2 AND place = $3',
  listObjects: `SELECT key, version, said FROM objects
    WHERE bucket = $1 AND key >= $2 AND key < $3 ORDER BY key LIMIT $4`,
  /** What stands behind the place $3 of the key $2; the newest objects are those from $6 on. */
  listVersions: `SELECT * FROM (
      (SELECT key, ''::bytea AS place, manifest, version, said, true AS latest FROM objects
        WHERE bucket = $1 AND key >= $6 AND key < $4
        ORDER BY key LIMIT $5)
      UNION ALL
      (SELECT v.key, v.place, v.manifest, v.version, v.said, ${isLatest} AS latest FROM versions v
        WHERE v.bucket = $1 AND (v.key, v.place) > ($2, $3) AND v.key < $4
        ORDER BY v.key, v.place LIMIT $5)
    ) found ORDER BY key, place LIMIT $5` as string,
  addSegments: `INSERT INTO segments (manifest, segment, start, entries)
    SELECT $1::bytea, s.segment, s.start, s.entries
    FROM unnest($2::int4[], $3::int8[], $4::bytea[]) AS s (segment, start, entries)`,
  /** The one that holds byte $2. */
  segmentAt: `SELECT segment, start, entries FROM segments
    WHERE manifest = $1 AND start <= $2 ORDER BY segment DESC LIMIT 1`,
  segmentAfter: `SELECT segment, start, entries FROM segments
    WHERE manifest = $1 AND segment > $2 ORDER BY segment LIMIT 1`,
  lastSegment: `SELECT segment, start, entries FROM segments
    WHERE manifest = $1 ORDER BY segment DESC LIMIT 1`,
  removeSegment: `DELETE FROM segments WHERE manifest = $1 AND segment = $2`,
  /** Those that had no owner and were not condemned. */
  claimBlobs: `INSERT INTO blobs (blob_id, condemned)
    SELECT b.blob_id, false FROM unnest($1::bytea[]) AS b (blob_id)
    ON CONFLICT (blob_id) DO NOTHING RETURNING blob_id`,
  findBlobs: 'SELECT blob_id, condemned FROM blobs WHERE blob_id = ANY ($1::bytea[])',
} as const
