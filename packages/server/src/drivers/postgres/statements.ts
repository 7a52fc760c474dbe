/**
 * What is asked of the database about buckets, uploads and their parts, by name: the name is also that under
 * which a connection keeps the statement prepared. Those about objects and garbage are in files of
 * their own.
 */

/** Milliseconds since 1970, by the clock of the database unless a parameter gives them. */
export function timeOr(parameter: string): string {
  return `coalesce(${parameter}::int8, (extract(epoch from clock_timestamp()) * 1000)::int8)`
}

/** Microseconds since 1970, by the clock of the database: by it reads and garbage are put in order. */
export const MICROS = '(extract(epoch from clock_timestamp()) * 1000000)::int8'

/** The same, of a moment that is no later than the snapshot of its transaction's first statement. */
export const MICROS_BEFORE = '(extract(epoch from now()) * 1000000)::int8'

export const bucketStatements = {
  findBucket: 'SELECT said FROM buckets WHERE name = $1',
  /** Nobody deletes or changes the bucket until the transaction ends. */
  shareBucket: 'SELECT said FROM buckets WHERE name = $1 FOR SHARE',
  holdBucket: 'SELECT said FROM buckets WHERE name = $1 FOR UPDATE',
  addBucket: `INSERT INTO buckets (name, owner, said) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO NOTHING`,
  changeBucket: 'UPDATE buckets SET owner = $2, said = $3 WHERE name = $1',
  whatBucketHolds: `SELECT
    EXISTS (SELECT 1 FROM objects WHERE bucket = $1)
      OR EXISTS (SELECT 1 FROM versions WHERE bucket = $1) AS objects,
    EXISTS (SELECT 1 FROM uploads WHERE bucket = $1) AS uploads`,
  removeBucket: `WITH gone_settings AS (DELETE FROM settings WHERE bucket = $1),
    gone_usage AS (DELETE FROM usage WHERE bucket = $1)
    DELETE FROM buckets WHERE name = $1`,
  listBuckets: `SELECT name, said FROM buckets WHERE name >= $1 AND name < $2
    ORDER BY name LIMIT $3`,
  listBucketsOfOwner: `SELECT name, said FROM buckets WHERE owner = $4 AND name >= $1 AND name < $2
    ORDER BY name LIMIT $3`,
  putSetting: `INSERT INTO settings (bucket, name, value) VALUES ($1, $2, $3)
    ON CONFLICT (bucket, name) DO UPDATE SET value = excluded.value`,
  removeSetting: 'DELETE FROM settings WHERE bucket = $1 AND name = $2',
  findSettings: 'SELECT name, value FROM settings WHERE bucket = $1',
  usageOf: `SELECT u.class, sum(u.objects)::int8 AS objects, sum(u.bytes)::int8 AS bytes,
    sum(u.markers)::int8 AS markers, sum(u.uploads)::int8 AS uploads,
    sum(u.parts)::int8 AS parts, sum(u.part_bytes)::int8 AS part_bytes
    FROM buckets b LEFT JOIN usage u ON u.bucket = b.name
    WHERE b.name = $1 GROUP BY u.class`,
} as const

export const uploadStatements = {
  /** Milliseconds above all that were given out: the last $1 of those up to it. */
  nextIds: `UPDATE ids SET last_ms = greatest(last_ms + $1::int8, ${timeOr('$2')} + $1::int8 - 1)
    WHERE name = 0 RETURNING last_ms` as string,
  addUpload: 'INSERT INTO uploads (upload_id, bucket, key, said) VALUES ($1, $2, $3, $4)',
  findUpload: 'SELECT said FROM uploads WHERE upload_id = $1 AND bucket = $2 AND key = $3',
  /** The upload does not end until the transaction does. Others may share it. */
  shareUpload: `SELECT said FROM uploads WHERE upload_id = $1 AND bucket = $2 AND key = $3
    FOR SHARE`,
  /** Nobody else ends the upload or commits a part of it until the transaction ends. */
  holdUpload: `SELECT said FROM uploads WHERE upload_id = $1 AND bucket = $2 AND key = $3
    FOR UPDATE`,
  removeUpload: 'DELETE FROM uploads WHERE upload_id = $1',
  /**
   * A part whose number is new, in one statement: nothing is left to a transaction that may break off.
   * The upload is held against whoever would end it; a blob that has an owner already fails it all.
   */
  addPart: `WITH open AS (
      SELECT bucket FROM uploads WHERE upload_id = $1 AND bucket = $2 AND key = $3 FOR SHARE
    ), added AS (
      INSERT INTO parts (upload_id, part_number, size, stamp, said)
      SELECT $1::bytea, $4::int4, $5::int8, $6::int8, $7::bytea
      FROM open ON CONFLICT (upload_id, part_number) DO NOTHING RETURNING size
    ), claimed AS (
      INSERT INTO blobs (blob_id, condemned) SELECT $8::bytea, false FROM added
      RETURNING condemned
    ), counted AS (
      INSERT INTO usage (bucket, shard, class, objects, bytes, markers, uploads, parts, part_bytes)
      SELECT $2::bytea, $9::int4, ''::bytea, 0, 0, 0, 0, 1, $5::int8 FROM claimed
      ON CONFLICT (bucket, shard, class) DO UPDATE
      SET parts = usage.parts + 1, part_bytes = usage.part_bytes + excluded.part_bytes
    )
    SELECT (SELECT count(*) FROM open)::int4 AS open, (SELECT count(*) FROM added)::int4 AS added`,
  countParts: 'SELECT count(*)::int4 AS held FROM parts WHERE upload_id = $1',
  holdPart: `SELECT said FROM parts WHERE upload_id = $1 AND part_number = $2 FOR UPDATE`,
  putPart: `INSERT INTO parts (upload_id, part_number, size, stamp, said)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (upload_id, part_number) DO NOTHING`,
  replacePart: `UPDATE parts SET size = $3, stamp = $4, said = $5
    WHERE upload_id = $1 AND part_number = $2`,
  parts: `SELECT said FROM parts
    WHERE upload_id = $1 AND part_number > $2 ORDER BY part_number LIMIT $3`,
  /** The same in one row: a thousand of them are read as one value. */
  pageOfParts: `SELECT count(*)::int4 AS parts, string_agg(said, ''::bytea ORDER BY part_number) AS said,
    coalesce(sum(stamp), 0)::text AS stamps
    FROM (
      SELECT part_number, stamp, said FROM parts
      WHERE upload_id = $1 AND part_number > $2 ORDER BY part_number LIMIT $3
    ) page`,
  /** One row even where the upload holds none, and none where it is gone. */
  partsOfUpload: `SELECT p.said
    FROM uploads u LEFT JOIN (
      SELECT part_number, said FROM parts
      WHERE upload_id = $1 AND part_number > $4 ORDER BY part_number LIMIT $5
    ) p ON true
    WHERE u.upload_id = $1 AND u.bucket = $2 AND u.key = $3 ORDER BY p.part_number`,
  /** What tells two sets of parts apart: how many, and the sum of their stamps. */
  sumParts: `SELECT count(*)::int4 AS parts, coalesce(sum(size), 0)::int8 AS bytes,
    coalesce(sum(stamp), 0)::text AS stamps FROM parts WHERE upload_id = $1`,
  listUploads: `SELECT upload_id, key, said FROM uploads
    WHERE bucket = $1 AND (key, upload_id) > ($2, $3) AND key < $4
    ORDER BY key, upload_id LIMIT $5`,
} as const
