/**
 * The 256 directories that blobs lie in, and when a name in one of them would survive a power cut.
 *
 * Blobs of one time share a shard, because one sync of a directory serves all names in it: with
 * shards chosen at random nearly every blob would need a sync of its own.
 */

import { randomInt } from 'node:crypto'
import { dirname, join, resolve } from 'node:path'
import type { FileSystem, OpenDirectory } from './file-system.ts'

const SHARDS = 256

/** Blobs before the next shard has its turn. */
const BLOBS_IN_TURN = 1_000

/** Directories that are open at once while all of them are synced. */
const SYNCED_AT_ONCE = 32

export interface ShardsOptions {
  readonly files: FileSystem
  readonly syncs: boolean
}

export class Shards {
  readonly #directory: string
  readonly #files: FileSystem
  readonly #syncs: boolean
  readonly #shards: readonly Shard[]
  /** Processes begin at different places, and mostly stay out of each other's shard. */
  #current = randomInt(SHARDS)
  #turn = 0

  private constructor(directory: string, { files, syncs }: ShardsOptions) {
    this.#directory = directory
    this.#files = files
    this.#syncs = syncs
    this.#shards = shardNames().map((name) => new Shard(files, join(directory, name)))
  }

  /**
   * Makes what is missing and syncs all of it, each time anew: nothing tells whether a process that
   * made a directory lived long enough to sync it.
   */
  static async open(path: string, options: ShardsOptions): Promise<Shards> {
    const { files, syncs } = options
    const directory = resolve(path)
    const top = await files.makeDirectory(directory)
    for (const name of shardNames()) await files.makeDirectory(join(directory, name))
    if (syncs) {
      for (let at = 0; at < SHARDS; at += SYNCED_AT_ONCE) {
        const names = shardNames().slice(at, at + SYNCED_AT_ONCE)
        await Promise.all(names.map((name) => syncOnce(files, join(directory, name))))
      }
      await syncOnce(files, directory)
      await syncOnce(files, dirname(directory))
      // Directories above that had to be made as well: each name lies in the one above it.
      for (let made = dirname(directory); top && made.length >= top.length; made = dirname(made)) {
        await syncOnce(files, dirname(made))
      }
    }
    return new Shards(directory, options)
  }

  /** The shard for the next blob. */
  next(): string {
    if (this.#turn++ >= BLOBS_IN_TURN) this.#advance()
    for (let tried = 0; this.#shards[this.#current]?.broken; tried++) {
      if (tried === SHARDS) throw new Error('No directory for blobs can be synced any more.')
      this.#advance()
    }
    this.#shards[this.#current]?.beginTurn()
    return shardName(this.#current)
  }

  /** Where a blob lies. An id that no driver made is refused before it becomes a path. */
  path(id: string, suffix: string): string {
    if (!/^[0-9a-f]{32}$/.test(id)) throw new TypeError(`Not the id of a blob: ${id}`)
    return join(this.#directory, id.slice(0, 2), `${id}${suffix}`)
  }

  /** Resolves once the names that were made in `shard` before this call are durable. */
  async sync(shard: string): Promise<void> {
    if (this.#syncs) await this.#shards[Number.parseInt(shard, 16)]?.sync()
  }

  /** Every name in every shard, a few at a time. */
  async *names(): AsyncIterable<{ readonly shard: string; readonly name: string }> {
    for (const shard of shardNames()) {
      for await (const name of await this.#files.names(join(this.#directory, shard))) {
        yield { shard, name }
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.close()))
  }

  #advance(): void {
    this.#shards[this.#current]?.endTurn()
    this.#current = (this.#current + 1) % SHARDS
    this.#turn = 1
  }
}

/** One directory. Syncs that are asked for while one runs are all served by the next. */
class Shard {
  /** Set by the first sync that failed. */
  broken = false

  readonly #files: FileSystem
  readonly #path: string
  /** Opened by the first sync of a turn, and kept until its last. */
  #handle: OpenDirectory | undefined
  #inTurn = false
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(files: FileSystem, path: string) {
    this.#files = files
    this.#path = path
  }

  async sync(): Promise<void> {
    this.#next ??= this.#afterRunning()
    await this.#next
  }

  beginTurn(): void {
    this.#inTurn = true
  }

  /** From now on the directory is open only while it is synced, as it may be for blobs that are late. */
  endTurn(): void {
    this.#inTurn = false
    // A sync that runs is over before its handle is closed, and what it came to is told by it.
    this.close().catch(() => {})
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  async #afterRunning(): Promise<void> {
    // Also when nothing runs: the rest of this turn's names still get into the same sync.
    await this.#running?.catch(() => {})
    const run = this.#run()
    this.#running = run
    this.#next = undefined
    await run
  }

  /**
   * After a failed sync the kernel may call pages clean that never reached the disk, and the next
   * sync succeeds without them. So no later sync counts here, not even for those who waited for it.
   */
  async #run(): Promise<void> {
    if (this.broken) throw new Error(`An earlier sync of ${this.#path} failed.`)
    const handle = this.#handle ?? (await this.#files.openDirectory(this.#path))
    this.#handle = handle
    try {
      await handle.sync()
    } catch (error) {
      this.broken = true
      throw error
    } finally {
      if (!this.#inTurn) await this.close().catch(() => {})
    }
  }
}

async function syncOnce(files: FileSystem, path: string): Promise<void> {
  const directory = await files.openDirectory(path)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function shardName(index: number): string {
  return index.toString(16).padStart(2, '0')
}

function shardNames(): string[] {
  return Array.from({ length: SHARDS }, (_, index) => shardName(index))
}
