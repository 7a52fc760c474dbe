/** What is asked of the database about garbage, open reads and the outcomes of transactions. */

import { MICROS, timeOr } from './statements.ts'

export const garbageStatements = {
  /**
   * All that a transaction leaves behind besides its rows: what became garbage, how the counts of
   * buckets change, and the token that says it was committed.
   */
  settle: `WITH discarded AS (
      INSERT INTO garbage (id, since, made, kind, subject, blobs, held_until)
      SELECT g.id, ${timeOr('$1')}, ${MICROS}, g.kind, g.subject, g.blobs, 0
      FROM unnest($2::bytea[], $3::int4[], $4::bytea[], $5::bytea[])
        AS g (id, kind, subject, blobs)
    ), counted AS (
      INSERT INTO usage (bucket, shard, class, objects, bytes, markers, uploads, parts, part_bytes)
      SELECT u.bucket, $6::int4, u.class, u.objects, u.bytes, u.markers, u.uploads, u.parts,
        u.part_bytes
      FROM unnest($7::bytea[], $8::bytea[], $9::int8[], $10::int8[], $11::int8[], $12::int8[],
        $13::int8[], $14::int8[])
        AS u (bucket, class, objects, bytes, markers, uploads, parts, part_bytes)
      ON CONFLICT (bucket, shard, class) DO UPDATE
      SET objects = usage.objects + excluded.objects, bytes = usage.bytes + excluded.bytes,
        markers = usage.markers + excluded.markers, uploads = usage.uploads + excluded.uploads,
        parts = usage.parts + excluded.parts, part_bytes = usage.part_bytes + excluded.part_bytes
    )
    INSERT INTO outcomes (token, at, committed) VALUES ($15, ${MICROS}, true)` as string,
  /** Waits for the transaction with this token, and shuts it out if it was not committed. */
  denyOutcome: `INSERT INTO outcomes (token, at, committed) VALUES ($1, ${MICROS}, false)
    ON CONFLICT (token) DO NOTHING` as string,
  readOutcome: 'SELECT committed FROM outcomes WHERE token = $1',
  forgetOutcomes: `DELETE FROM outcomes WHERE at < ${MICROS} - $1::int8` as string,
  /**
   * The oldest items that no open read needs and that no other collector works on, held from now on
   * by this one. Held rows are passed over, so two collectors do not wait for one another.
   */
  holdDue: `UPDATE garbage SET holder = $1, held_until = ${MICROS} + $6::int8
    WHERE id IN (
      SELECT id FROM garbage
      WHERE since < $2 AND made < $3 AND subject <> ALL ($4::bytea[])
        AND made < coalesce((
          SELECT min(horizon) FROM readers WHERE process <> $1 AND until >= ${MICROS}
        ), ${MICROS})
        AND (holder = $1 OR held_until < ${MICROS})
      ORDER BY since, made LIMIT $5 FOR UPDATE SKIP LOCKED
    )
    RETURNING id, since, made, kind, subject, blobs` as string,
  holdGarbage: 'SELECT kind, subject, blobs FROM garbage WHERE id = $1 FOR UPDATE',
  removeGarbage: 'DELETE FROM garbage WHERE id = $1',
  firstSegment: `SELECT segment, entries FROM segments
    WHERE manifest = $1 ORDER BY segment LIMIT 1`,
  findSegment: 'SELECT entries FROM segments WHERE manifest = $1 AND segment = $2',
  hasSegments: 'SELECT 1 FROM segments WHERE manifest = $1 LIMIT 1',
  removeParts: `DELETE FROM parts WHERE upload_id = $1 AND part_number <= $2 RETURNING said`,
  hasParts: 'SELECT 1 FROM parts WHERE upload_id = $1 LIMIT 1',
  forgetBlobs: 'DELETE FROM blobs WHERE blob_id = ANY ($1::bytea[])',
  condemnBlobs: `INSERT INTO blobs (blob_id, condemned)
    SELECT b.blob_id, true FROM unnest($1::bytea[]) AS b (blob_id)
    ON CONFLICT (blob_id) DO NOTHING`,
  listCondemned: 'SELECT blob_id FROM blobs WHERE condemned ORDER BY blob_id LIMIT $1',
  absolveBlobs: 'DELETE FROM blobs WHERE blob_id = ANY ($1::bytea[]) AND condemned',
  /** Says until when this process reads, and from when its oldest read is. */
  renewReader: `INSERT INTO readers (process, horizon, until)
    VALUES ($1, least($2::int8, ${MICROS} - $3::int8), ${MICROS} + $4::int8)
    ON CONFLICT (process) DO UPDATE SET horizon = excluded.horizon, until = excluded.until` as string,
  removeReader: 'DELETE FROM readers WHERE process = $1',
  forgetReaders: `DELETE FROM readers WHERE until < ${MICROS} - $1::int8` as string,
  /** Gives a row if nobody else has the lease. */
  claimLease: `INSERT INTO leases (task, holder, until) VALUES ($1, $2, ${MICROS} + $3::int8)
    ON CONFLICT (task) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE leases.holder = excluded.holder OR leases.until < ${MICROS} RETURNING task` as string,
  releaseLeases: 'DELETE FROM leases WHERE holder = $1',
  tellTime: `SELECT ${timeOr('NULL')} AS ms` as string,
  survey: `SELECT
    (SELECT coalesce(sum(uploads), 0) FROM usage)::int8 AS open_uploads,
    (SELECT coalesce(sum(part_bytes), 0) FROM usage)::int8 AS open_upload_bytes,
    (SELECT count(*) FROM uploads WHERE upload_id < $1)::int8 AS stale_uploads,
    (SELECT coalesce(sum(p.size), 0) FROM uploads u JOIN parts p ON p.upload_id = u.upload_id
      WHERE u.upload_id < $1)::int8 AS stale_upload_bytes,
    (SELECT count(*) FROM garbage)::int8 AS garbage_items`,
} as const
