/**
 * The tables, and how they came to be: each step brings a database from one version to the next, and
 * none is ever changed once it was released. What the statements may use is said in
 * `portability.test.ts`: PostgreSQL, CockroachDB and YugabyteDB have it in common.
 *
 * Texts of others are `bytea`: their order is that of their bytes, and they may hold anything.
 */

const firstTables: readonly string[] = [
  `CREATE TABLE buckets (
    name bytea PRIMARY KEY,
    owner bytea NOT NULL,
    said bytea NOT NULL
  )`,
  'CREATE INDEX buckets_of_owner ON buckets (owner, name)',
  `CREATE TABLE settings (
    bucket bytea NOT NULL,
    name bytea NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (bucket, name)
  )`,
  // What a bucket holds is the sum over its shards: commits to one bucket do not wait for one row.
  `CREATE TABLE usage (
    bucket bytea NOT NULL,
    shard int4 NOT NULL,
    class bytea NOT NULL,
    objects int8 NOT NULL,
    bytes int8 NOT NULL,
    markers int8 NOT NULL,
    uploads int8 NOT NULL,
    parts int8 NOT NULL,
    part_bytes int8 NOT NULL,
    PRIMARY KEY (bucket, shard, class)
  )`,
  // Rows to hold while a key is changed, of which there may be no row yet.
  'CREATE TABLE key_locks (slot int4 PRIMARY KEY)',
  'INSERT INTO key_locks (slot) SELECT generate_series(0, 4095)',
  // The newest version of a key if it is an object; all others are in versions.
  `CREATE TABLE objects (
    bucket bytea NOT NULL,
    key bytea NOT NULL,
    manifest bytea NOT NULL,
    version bytea,
    said bytea NOT NULL,
    entries bytea,
    PRIMARY KEY (bucket, key)
  )`,
  `CREATE TABLE versions (
    bucket bytea NOT NULL,
    key bytea NOT NULL,
    place bytea NOT NULL,
    manifest bytea,
    version bytea,
    said bytea NOT NULL,
    entries bytea,
    PRIMARY KEY (bucket, key, place)
  )`,
  'CREATE INDEX versions_null ON versions (bucket, key) WHERE version IS NULL',
  `CREATE TABLE segments (
    manifest bytea NOT NULL,
    segment int4 NOT NULL,
    start int8 NOT NULL,
    entries bytea NOT NULL,
    PRIMARY KEY (manifest, segment)
  )`,
  `CREATE TABLE uploads (
    upload_id bytea PRIMARY KEY,
    bucket bytea NOT NULL,
    key bytea NOT NULL,
    said bytea NOT NULL
  )`,
  'CREATE UNIQUE INDEX uploads_of_key ON uploads (bucket, key, upload_id)',
  // Rows of an ended upload are garbage. The stamp is another one for each commit of a part. All of a
  // part is in one column, so that ten thousand of them are soon read.
  `CREATE TABLE parts (
    upload_id bytea NOT NULL,
    part_number int4 NOT NULL,
    size int8 NOT NULL,
    stamp int8 NOT NULL,
    said bytea NOT NULL,
    PRIMARY KEY (upload_id, part_number)
  )`,
  // Blobs that are named, that are garbage, or that the collector has condemned.
  `CREATE TABLE blobs (
    blob_id bytea PRIMARY KEY,
    condemned bool NOT NULL
  )`,
  'CREATE INDEX blobs_condemned ON blobs (blob_id) WHERE condemned',
  `CREATE TABLE garbage (
    id bytea PRIMARY KEY,
    since int8 NOT NULL,
    made int8 NOT NULL,
    kind int4 NOT NULL,
    subject bytea NOT NULL,
    blobs bytea NOT NULL,
    holder bytea,
    held_until int8 NOT NULL
  )`,
  'CREATE INDEX garbage_due ON garbage (since, made)',
  `CREATE TABLE readers (
    process bytea PRIMARY KEY,
    horizon int8 NOT NULL,
    until int8 NOT NULL
  )`,
  // By which whoever lost the answer to a commit learns what became of it.
  `CREATE TABLE outcomes (
    token bytea PRIMARY KEY,
    at int8 NOT NULL,
    committed bool NOT NULL
  )`,
  'CREATE INDEX outcomes_at ON outcomes (at)',
  'CREATE TABLE ids (name int4 PRIMARY KEY, last_ms int8 NOT NULL)',
  'INSERT INTO ids (name, last_ms) VALUES (0, 0)',
]

const leases: readonly string[] = [
  'CREATE TABLE leases (task bytea PRIMARY KEY, holder bytea NOT NULL, until int8 NOT NULL)',
]

/** What says that another store is being moved into these tables, from where, and how far it is. */
const importTables: readonly string[] = [
  `CREATE TABLE imports (
    id int4 PRIMARY KEY,
    migration bytea NOT NULL,
    source bytea NOT NULL,
    blobs bytea NOT NULL,
    finished bool NOT NULL
  )`,
  // Blobs that are in the engine already, with the sums of what they were before any encryption.
  `CREATE TABLE imported_blobs (
    blob_id bytea PRIMARY KEY,
    size int8 NOT NULL,
    md5 bytea NOT NULL,
    crc64 bytea NOT NULL
  )`,
]

/** From each version to the next; the first makes a database out of an empty one. */
export const migrations: readonly (readonly string[])[] = [firstTables, leases, importTables]

/** What the version of the tables is kept in, and the lock under which they are brought forward. */
export const versionTable = {
  create: 'CREATE TABLE IF NOT EXISTS lading_version (id int4 PRIMARY KEY, version int4 NOT NULL)',
  begin: 'INSERT INTO lading_version (id, version) VALUES (0, 0) ON CONFLICT (id) DO NOTHING',
  hold: 'SELECT version FROM lading_version WHERE id = 0 FOR UPDATE',
  advance: 'UPDATE lading_version SET version = $1 WHERE id = 0',
} as const
