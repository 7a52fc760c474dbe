/**
 * What is remembered between runs: which upload to ask about. Which parts it has is not, because the
 * service's ListParts is the truth.
 */

/** What an upload is known by. Another source or another key is another upload. */
export interface CheckpointIdentity {
  readonly endpoint: string
  readonly bucket: string
  readonly key: string
  /** The source's name; for a file its absolute path. */
  readonly source: string
}

export interface Checkpoint extends CheckpointIdentity {
  readonly format: 1
  readonly uploadId: string
  /** Bytes. */
  readonly partSize: number
  /** Size, time and inode of the source then. Another version re-sends only the parts that differ. */
  readonly sourceVersion: string
  /** The object's attributes as initiated; they cannot be changed afterwards. */
  readonly attributes: string
  /** ISO 8601. */
  readonly initiated: string
}

export interface CheckpointStore {
  /**
   * Takes hold of the checkpoint of `identity`, until `close`.
   *
   * @throws {CheckpointLockedError} when somebody else holds it.
   */
  open(identity: CheckpointIdentity): Promise<CheckpointSlot>
}

export interface CheckpointSlot {
  /** `undefined` when there is none, or none that can be used. */
  readonly checkpoint: Checkpoint | undefined
  /** Why what was found cannot be used. */
  readonly ignored: string | undefined
  /** Resolves once it would survive a power cut; replaces what was there in one step. */
  save(checkpoint: Checkpoint): Promise<void>
  remove(): Promise<void>
  /** Lets go of it. May be repeated. */
  close(): Promise<void>
}

export function formatCheckpoint(checkpoint: Checkpoint): string {
  return `${JSON.stringify(checkpoint, undefined, 2)}\n`
}

/** Never throws: what cannot be read, or is of something else, is ignored and the reason told. */
export function parseCheckpoint(text: string, identity: CheckpointIdentity): ReadCheckpoint {
  const read = readCheckpoint(text)
  if (!read.checkpoint || isOf(identity, read.checkpoint)) return read
  return { ignored: 'The checkpoint is of another source or another object.' }
}

export interface ReadCheckpoint {
  readonly checkpoint?: Checkpoint
  readonly ignored?: string
}

/** The same, whatever it is of. */
export function readCheckpoint(text: string): ReadCheckpoint {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    return { ignored: 'The checkpoint is torn or is not JSON.' }
  }
  if (!isRecord(found)) return { ignored: 'The checkpoint is not an object.' }
  if (found.format !== 1) {
    return { ignored: `The checkpoint has format ${JSON.stringify(found.format)}, and we know 1.` }
  }
  if (!isCheckpoint(found)) return { ignored: 'The checkpoint lacks fields.' }
  return { checkpoint: found }
}

function isOf(identity: CheckpointIdentity, checkpoint: Checkpoint): boolean {
  return (['endpoint', 'bucket', 'key', 'source'] as const).every(
    (field) => checkpoint[field] === identity[field],
  )
}

function isCheckpoint(
  value: Readonly<Record<string, unknown>>,
): value is Readonly<Record<string, unknown>> & Checkpoint {
  const texts = ['endpoint', 'bucket', 'key', 'source', 'uploadId', 'sourceVersion', 'attributes']
  return (
    [...texts, 'initiated'].every((field) => typeof value[field] === 'string') &&
    value.uploadId !== '' &&
    Number.isSafeInteger(value.partSize) &&
    Number(value.partSize) > 0
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
