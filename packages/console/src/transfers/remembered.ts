/**
 * What the browser keeps of transfers that are not over, so that they can be gone on with after a
 * reload: what file it was and where it goes, and a handle to open it by where the browser has such.
 * Nothing of it is a secret. Where the browser keeps nothing for pages, all this does nothing.
 */

import type { FileFacts, Target } from './transfer.ts'

export interface Remembered {
  readonly id: string
  readonly endpoint: string
  readonly target: Target
  readonly facts: FileFacts
  /** `undefined`: it has not begun. */
  readonly uploadId: string | undefined
  readonly handle: FileSystemFileHandle | undefined
}

const STORE = 'transfers'

let opening: Promise<IDBDatabase | undefined> | undefined

function open(): Promise<IDBDatabase | undefined> {
  opening ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open('lading-console', 1)
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' })
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => resolve(undefined)
    } catch {
      resolve(undefined)
    }
  })
  return opening
}

/** Replaces what was kept under the same ids. */
export async function remember(records: readonly Remembered[]): Promise<void> {
  await change((store) => {
    for (const record of records) store.put(record)
  })
}

export async function forget(ids: readonly string[]): Promise<void> {
  await change((store) => {
    for (const id of ids) store.delete(id)
  })
}

/** Of one endpoint, in the order in which they were given. */
export async function recall(endpoint: string): Promise<readonly Remembered[]> {
  const database = await open()
  if (!database) return []
  return new Promise((resolve) => {
    const request = database.transaction(STORE).objectStore(STORE).getAll()
    request.onsuccess = () =>
      resolve((request.result as Remembered[]).filter((record) => record.endpoint === endpoint))
    request.onerror = () => resolve([])
  })
}

/** Never rejects: an upload goes on whether it is remembered or not. */
async function change(act: (store: IDBObjectStore) => void): Promise<void> {
  const database = await open()
  if (!database) return
  await new Promise<void>((resolve) => {
    const transaction = database.transaction(STORE, 'readwrite')
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => resolve()
    transaction.onerror = () => resolve()
    act(transaction.objectStore(STORE))
  })
}

const ours = new Set<string>()

/**
 * Whether this tab may go on with a transfer: of several tabs one has it, until it is closed. Where the
 * browser has no locks, every tab may.
 */
export async function claim(id: string): Promise<boolean> {
  if (!navigator.locks || ours.has(id)) return true
  return new Promise((resolve) => {
    navigator.locks
      .request(`lading.${id}`, { ifAvailable: true }, (lock) => {
        if (lock) ours.add(id)
        resolve(lock !== null)
        // Held as long as the page lives.
        return lock ? new Promise<void>(() => {}) : undefined
      })
      .catch(() => resolve(true))
  })
}
