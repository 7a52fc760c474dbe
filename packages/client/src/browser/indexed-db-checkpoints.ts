/** Checkpoints in a page: they outlive it, and of several tabs one holds each. */

import type { DBSchema, IDBPDatabase } from 'idb'
import { CheckpointLockedError } from '../errors.ts'
import {
  type Checkpoint,
  type CheckpointIdentity,
  type CheckpointSlot,
  type CheckpointStore,
  formatCheckpoint,
  parseCheckpoint,
  readCheckpoint,
} from '../uploader/checkpoint.ts'

export interface IndexedDbCheckpointOptions {
  /** Of the database; pages of one origin that give the same share it. Default `lading`. */
  readonly name?: string
}

export interface PageCheckpoints extends CheckpointStore {
  /** The uploads that are remembered, oldest first; those that a tab is at are among them. */
  list(): Promise<readonly Checkpoint[]>
  /** Forgets an upload and its file. The parts stay at the service: abort it there. */
  forget(identity: CheckpointIdentity): Promise<void>
  /** Keeps where the file lies, for the next visit; browsers without such handles have none to keep. */
  rememberFile(identity: CheckpointIdentity, handle: FileSystemFileHandle): Promise<void>
  /** `undefined` when there is none: ask for the file. Reading it may need the user's permission anew. */
  recallFile(identity: CheckpointIdentity): Promise<FileSystemFileHandle | undefined>
  /** Resolves once no tab is at it any more, as when the one that was is closed. */
  whenFree(identity: CheckpointIdentity, signal?: AbortSignal): Promise<void>
}

interface Schema extends DBSchema {
  checkpoints: { key: string; value: string }
  files: { key: string; value: FileSystemFileHandle }
}

/** Needs no permission. A page in a private window forgets with the window. */
export function indexedDbCheckpoints({
  name = 'lading',
}: IndexedDbCheckpointOptions = {}): PageCheckpoints {
  let opened: Promise<IDBPDatabase<Schema>> | undefined
  const database = (): Promise<IDBPDatabase<Schema>> => {
    opened ??= openDatabase(name, () => {
      opened = undefined
    })
    return opened
  }
  const forget = async (identity: CheckpointIdentity): Promise<void> => {
    const transaction = (await database()).transaction(['checkpoints', 'files'], 'readwrite')
    const key = keyOf(identity)
    await Promise.all([
      transaction.objectStore('checkpoints').delete(key),
      transaction.objectStore('files').delete(key),
      transaction.done,
    ])
  }
  return {
    async open(identity) {
      const release = await hold(`${name}:${keyOf(identity)}`)
      try {
        const text = await (await database()).get('checkpoints', keyOf(identity))
        const found = text === undefined ? {} : parseCheckpoint(text, identity)
        const slot: CheckpointSlot = {
          checkpoint: found.checkpoint,
          ignored: found.ignored,
          async save(checkpoint) {
            await (await database()).put(
              'checkpoints',
              formatCheckpoint(checkpoint),
              keyOf(identity),
            )
          },
          remove: () => forget(identity),
          close: async () => release(),
        }
        return slot
      } catch (error) {
        release()
        throw error
      }
    },
    async list() {
      const texts = await (await database()).getAll('checkpoints')
      return texts
        .flatMap((text) => readCheckpoint(text).checkpoint ?? [])
        .sort((one, other) => (one.initiated < other.initiated ? -1 : 1))
    },
    forget,
    async rememberFile(identity, handle) {
      await (await database()).put('files', handle, keyOf(identity))
    },
    async recallFile(identity) {
      return (await database()).get('files', keyOf(identity))
    },
    async whenFree(identity, signal) {
      const options = signal ? { signal } : {}
      await navigator.locks?.request(`${name}:${keyOf(identity)}`, options, () => {})
    },
  }
}

async function openDatabase(name: string, lost: () => void): Promise<IDBPDatabase<Schema>> {
  // Not at import: a page that remembers nothing need not load it.
  const { openDB } = await import('idb')
  try {
    return await openDB<Schema>(name, 1, {
      upgrade(database) {
        database.createObjectStore('checkpoints')
        database.createObjectStore('files')
      },
      terminated: lost,
    })
  } catch (error) {
    lost()
    throw error
  }
}

/** Resolves with what lets go. Browsers without locks (pages without TLS) have one tab at a time in good faith. */
async function hold(name: string): Promise<() => void> {
  const { locks } = navigator
  if (!locks) return () => {}
  return new Promise((resolve, reject) => {
    locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (!lock) throw new CheckpointLockedError(holder(name), ELSEWHERE)
        return new Promise<void>((release) => resolve(release))
      })
      .catch(reject)
  })
}

const ELSEWHERE =
  'Another tab of this browser is at the same upload. It goes on there; when that tab is closed, this one can.'

function holder(name: string): { pid: number; host: string; path: string } {
  return { pid: 0, host: 'this browser', path: name }
}

function keyOf({ endpoint, bucket, key, source }: CheckpointIdentity): string {
  return JSON.stringify([endpoint, bucket, key, source])
}
