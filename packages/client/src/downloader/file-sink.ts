/** Files as sinks: filled beside their name, gone on with by the next run, and shown when they are whole. */

import { randomUUID } from 'node:crypto'
import { lstat, realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CheckpointLockedError } from '../errors.ts'
import { isMissing } from '../files/replace-file.ts'
import type { HeadObjectAnswer } from '../operations/objects.ts'
import type { OssClient } from '../oss-client.ts'
import { fileSource } from '../uploader/file-source.ts'
import { provedSame } from '../uploader/on-exists.ts'
import { countParts } from '../uploader/plan-parts.ts'
import type {
  DownloadCheckpoints,
  DownloadIdentity,
  DownloadSlot,
  KeptRange,
  ReadDownload,
} from './checkpoint.ts'
import { nameOfDownload } from './checkpoint-file.ts'
import type { OnExistingFile } from './options.ts'
import { PartialFile, proved, taken } from './partial-file.ts'
import type { ObjectToRead } from './read-object.ts'
import type { Beginning, PresentFile, RangeSink, SinkSession } from './sink.ts'

export interface FileSinkOptions {
  readonly checkpoint: DownloadCheckpoints | undefined
  readonly onExists: OnExistingFile | undefined
}

export function fileSink(destination: string, options: FileSinkOptions): RangeSink {
  return new FileSink(destination, options)
}

class FileSink implements RangeSink {
  readonly kind = 'ranges'
  readonly #destination: string
  readonly #checkpoint: DownloadCheckpoints | undefined
  readonly #onExists: OnExistingFile

  constructor(destination: string, { checkpoint, onExists = 'overwrite' }: FileSinkOptions) {
    this.#destination = destination
    this.#checkpoint = checkpoint
    this.#onExists = onExists
  }

  async begin(beginning: Beginning): Promise<SinkSession | PresentFile> {
    const { client, object, notice } = beginning
    const target = await regularFile(this.#destination)
    const present = await this.#findPresent(target, beginning)
    if (present) return present
    const identity = identityOf(client, object, target)
    const slot = await this.#openSlot(identity, notice)
    try {
      return await openFile(identity, slot, beginning, this.#onExists)
    } catch (error) {
      await slot?.close()
      throw error
    }
  }

  async forget(client: OssClient, object: ObjectToRead): Promise<void> {
    const target = await regularFile(this.#destination)
    const identity = identityOf(client, object, target)
    const slot = await this.#checkpoint?.open(identity)
    try {
      if (!slot?.found) return
      await PartialFile.removeLeft(target, nameOfDownload(identity))
      await slot.remove()
    } finally {
      await slot?.close()
    }
  }

  async #findPresent(
    target: string,
    { client, head, signal }: Beginning,
  ): Promise<PresentFile | undefined> {
    if (this.#onExists === 'overwrite' || !(await exists(target))) return undefined
    if (this.#onExists === 'fail') throw taken(target)
    if (this.#onExists === 'skip') return { kind: 'present', verified: [] }
    const verified = await compare(client, target, head, signal)
    return verified && { kind: 'present', verified }
  }

  /** Without one the bytes come all the same; but two runs must not write to one file. */
  async #openSlot(
    identity: DownloadIdentity,
    notice: (text: string) => void,
  ): Promise<DownloadSlot | undefined> {
    try {
      const slot = await this.#checkpoint?.open(identity)
      if (slot?.ignored) notice(slot.ignored)
      return slot
    } catch (error) {
      if (error instanceof CheckpointLockedError) throw error
      notice(notRemembered(error))
      return undefined
    }
  }
}

function identityOf(
  { endpoint }: OssClient,
  { bucket, key, versionId }: ObjectToRead,
  target: string,
): DownloadIdentity {
  return { endpoint, bucket, key, versionId, target }
}

/** The file that a link leads to; renaming over the link itself, or over a device, would destroy it. */
async function regularFile(destination: string): Promise<string> {
  try {
    const path = await realpath(destination)
    const found = await stat(path)
    if (found.isFile()) return path
    if (found.isDirectory()) {
      throw new TypeError(`${destination} is a directory. Name the file that is to be in it.`)
    }
  } catch (error) {
    if (!isMissing(error)) throw error
    if (!(await isLink(destination))) return resolve(destination)
    throw new TypeError(`${destination} is a link that leads nowhere. Name the file that is meant.`)
  }
  throw new TypeError(`${destination} is not a regular file. Download to a stream instead.`)
}

async function isLink(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  return found?.isSymbolicLink() ?? false
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

async function compare(
  client: OssClient,
  path: string,
  head: HeadObjectAnswer,
  signal: AbortSignal,
): ReturnType<typeof provedSame> {
  const source = await fileSource(path)
  try {
    return await provedSame(client, source, head, { signal })
  } finally {
    await source.close()
  }
}

async function openFile(
  identity: DownloadIdentity,
  slot: DownloadSlot | undefined,
  beginning: Beginning,
  onExists: OnExistingFile,
): Promise<FileSession> {
  const { head, notice } = beginning
  const remembered = remains(slot?.found, head, notice)
  const partSize = remembered?.checkpoint.partSize ?? beginning.partSize
  beginning.planned(partSize)
  const name = slot ? nameOfDownload(identity) : randomUUID()
  const found = remembered && (await findKept(identity.target, name, remembered, beginning))
  const file = found?.file ?? (await PartialFile.create(identity.target, name))
  const held = found?.held ?? new Map<number, KeptRange>()
  try {
    await file.limit(head.size)
    const isRemembered = await remember(slot, identity, partSize, held, beginning)
    const settings = { file, slot, isRemembered, partSize, held, onExists, notice }
    return new FileSession(settings)
  } catch (error) {
    await file.close()
    throw error
  }
}

/** What was remembered of this very object. */
function remains(
  found: ReadDownload | undefined,
  { etag, size, hashCrc64ecma }: HeadObjectAnswer,
  notice: (text: string) => void,
): ReadDownload | undefined {
  if (!found) return undefined
  const { checkpoint } = found
  const isSame =
    checkpoint.etag === etag &&
    checkpoint.size === size &&
    checkpoint.hashCrc64ecma === hashCrc64ecma
  if (isSame) return found
  notice('The object was replaced since the download began, so it begins anew.')
  return undefined
}

interface FoundFile {
  readonly file: PartialFile
  readonly held: Map<number, KeptRange>
}

/** What the earlier run left, as far as it is what the checkpoint says. */
async function findKept(
  target: string,
  name: string,
  { checkpoint, kept }: ReadDownload,
  beginning: Beginning,
): Promise<FoundFile | undefined> {
  const { signal, found } = beginning
  const { size, partSize } = checkpoint
  const offsetOf = ({ partNumber }: KeptRange): number => (partNumber - 1) * partSize
  const claimed = [...kept.values()].filter((range) => {
    const { partNumber } = range
    if (partNumber < 1 || partNumber > countParts(size, partSize)) return false
    return range.size > 0 && range.size <= Math.min(partSize, size - offsetOf(range))
  })
  const isWhole = claimed.reduce((sum, range) => sum + range.size, 0) === size
  const file =
    (await PartialFile.reopen(target, name)) ??
    // Ended between giving the file its name and forgetting that it was a part.
    (isWhole ? await PartialFile.published(target, size) : undefined)
  if (!file) return undefined
  const held = new Map<number, KeptRange>()
  try {
    for await (const range of proved(claimed, offsetOf, file, signal)) {
      held.set(range.partNumber, range)
      found(range)
    }
    if (file.path !== target || held.size === claimed.length) return { file, held }
    await file.close()
    beginning.planned(partSize)
    return undefined
  } catch (error) {
    await file.close()
    throw error
  }
}

/** What goes in one range is soon fetched again: it is not worth two writes to the disk. */
async function remember(
  slot: DownloadSlot | undefined,
  identity: DownloadIdentity,
  partSize: number,
  held: ReadonlyMap<number, KeptRange>,
  { head: { etag, size, hashCrc64ecma }, notice }: Beginning,
): Promise<boolean> {
  if (!slot) return false
  if (countParts(size, partSize) <= 1) {
    if (slot.found) await slot.remove()
    return false
  }
  const begun = slot.found?.checkpoint.begun ?? new Date().toISOString()
  const checkpoint = { ...identity, etag, size, hashCrc64ecma, partSize, begun }
  try {
    await slot.begin(checkpoint, [...held.values()])
    return true
  } catch (error) {
    notice(notRemembered(error))
    return false
  }
}

function notRemembered(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error)
  return `The download cannot be remembered, and begins anew if it is interrupted: ${why}`
}

interface FileSessionSettings {
  readonly file: PartialFile
  readonly slot: DownloadSlot | undefined
  readonly isRemembered: boolean
  readonly partSize: number
  readonly held: ReadonlyMap<number, KeptRange>
  readonly onExists: OnExistingFile
  readonly notice: (text: string) => void
}

class FileSession implements SinkSession {
  readonly kind = 'session'
  readonly partSize: number
  readonly held: ReadonlyMap<number, KeptRange>
  readonly #settings: FileSessionSettings
  /** Whether the file stays for the next run. */
  #stays: boolean
  #keeps: boolean

  constructor(settings: FileSessionSettings) {
    this.partSize = settings.partSize
    this.held = settings.held
    this.#settings = settings
    this.#stays = settings.isRemembered
    this.#keeps = settings.isRemembered
  }

  writesFrom(position: number): ReturnType<PartialFile['writesFrom']> {
    return this.#settings.file.writesFrom(position)
  }

  readInto(target: Uint8Array, offset: number): Promise<void> {
    return this.#settings.file.readInto(target, offset)
  }

  /** A checkpoint that can no longer be written to costs the next run time, and this one nothing. */
  async keep(range: KeptRange): Promise<void> {
    const { slot, notice } = this.#settings
    if (!this.#keeps) return
    try {
      await slot?.append(range)
    } catch (error) {
      if (this.#keeps) notice(notRemembered(error))
      this.#keeps = false
    }
  }

  async publish(): Promise<'published' | 'skipped'> {
    const { file, slot, onExists } = this.#settings
    const replaces = onExists === 'overwrite' || onExists === 'skip-if-same'
    try {
      await file.publish({ replaces })
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EEXIST'
      if (!isTaken || onExists !== 'skip') throw error
      await this.discard()
      return 'skipped'
    }
    this.#stays = true // under the target's name
    await slot?.remove()
    return 'published'
  }

  async discard(): Promise<void> {
    this.#stays = false
    await this.#settings.slot?.remove()
  }

  async close(): Promise<void> {
    const { file, slot } = this.#settings
    await file.close()
    if (!this.#stays) await file.remove()
    await slot?.close()
  }
}
