/** What is asked of the database by whoever looks at everything in it. Each page begins behind the last. */

import { MICROS_BEFORE } from './statements.ts'

export const auditStatements = {
  /** All later statements see what this one does, for as long as it takes. */
  beginAudit: 'BEGIN ISOLATION LEVEL REPEATABLE READ',
  takeTime: 'SET LOCAL idle_in_transaction_session_timeout = 0',
  beganAt: `SELECT ${MICROS_BEFORE} AS asked` as string,
  auditBuckets: 'SELECT name FROM buckets WHERE name > $1 ORDER BY name LIMIT $2',
  auditObjects: `SELECT bucket, key, ''::bytea AS place, manifest, version, said, entries
    FROM objects WHERE (bucket, key) > ($1, $2) ORDER BY bucket, key LIMIT $3`,
  auditVersions: `SELECT bucket, key, place, manifest, version, said, entries
    FROM versions WHERE (bucket, key, place) > ($1, $2, $3)
    ORDER BY bucket, key, place LIMIT $4`,
  auditSegments: `SELECT manifest, segment, start, entries FROM segments
    WHERE (manifest, segment) > ($1, $2) ORDER BY manifest, segment LIMIT $3`,
  segmentsOf: `SELECT segment, start, entries FROM segments WHERE manifest = $1
    ORDER BY segment`,
  auditUploads: `SELECT upload_id, bucket, key, said FROM uploads
    WHERE upload_id > $1 ORDER BY upload_id LIMIT $2`,
  auditParts: `SELECT upload_id, part_number, size FROM parts
    WHERE (upload_id, part_number) > ($1, $2) ORDER BY upload_id, part_number LIMIT $3`,
  auditGarbage: `SELECT id, kind, subject, blobs FROM garbage WHERE id > $1
    ORDER BY id LIMIT $2`,
  auditBlobs: `SELECT blob_id, condemned FROM blobs WHERE blob_id > $1
    ORDER BY blob_id LIMIT $2`,
  /** Adds to the counts of a bucket in a shard that no other statement writes. */
  correctUsage: `INSERT INTO usage
    (bucket, shard, class, objects, bytes, markers, uploads, parts, part_bytes)
    SELECT $1::bytea, -1, u.class, u.objects, u.bytes, u.markers, u.uploads, u.parts, u.part_bytes
    FROM unnest($2::bytea[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[])
      AS u (class, objects, bytes, markers, uploads, parts, part_bytes)
    ON CONFLICT (bucket, shard, class) DO UPDATE
    SET objects = usage.objects + excluded.objects, bytes = usage.bytes + excluded.bytes,
      markers = usage.markers + excluded.markers, uploads = usage.uploads + excluded.uploads,
      parts = usage.parts + excluded.parts, part_bytes = usage.part_bytes + excluded.part_bytes`,
} as const
