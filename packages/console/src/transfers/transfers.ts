/** All files on their way: who may send now, and what is told of them together. */

import { workerHasher } from '@lading/client/browser'
import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { announce } from '../announce.ts'
import { explain } from '../failure.ts'
import { percent } from '../format.ts'
import { t } from '../i18n.ts'
import { session } from '../session.ts'
import type { ChosenFile } from './chosen-files.ts'
import { claim, forget, type Remembered, recall, remember } from './remembered.ts'
import { differenceOf } from './same-file.ts'
import { type FileFacts, type Target, Transfer } from './transfer.ts'

/** Files sent at the same time; each has several parts under way, and browsers open six connections. */
const AT_ONCE = 2

/** Parts of a file at the same time. */
const PARALLEL = 3

/** The page stays at hand while parts are hashed. */
const blobHasher = workerHasher(
  () => new Worker(new URL('./hash-worker.ts', import.meta.url), { type: 'module' }),
)

/** Milliseconds between two looks at what has moved. */
const TICK_MS = 250

/** The share between two spoken words about progress. */
const SPOKEN_STEP = 0.25

export const transfers: Signal<readonly Transfer[]> = signal([])

/** Where the last object came to be. */
export const lastStored: Signal<Target | undefined> = signal(undefined)

/** Whether bytes are on the way, which leaving the page would stop. */
export const isSending: ReadonlySignal<boolean> = computed(() =>
  transfers.value.some((transfer) => transfer.isActive),
)

export interface Totals {
  readonly files: number
  readonly done: number
  readonly failed: number
  readonly loaded: number
  readonly size: number
  /** Bytes a second. */
  readonly speed: number
}

export const totals: ReadonlySignal<Totals> = computed(() => {
  const counted = transfers.value.filter(({ state }) => state.value !== 'cancelled')
  const sum = (of: (transfer: Transfer) => number): number =>
    counted.reduce((total, transfer) => total + of(transfer), 0)
  return {
    files: counted.length,
    done: sum(({ state }) => (state.value === 'done' ? 1 : 0)),
    failed: sum(({ state }) => (state.value === 'failed' ? 1 : 0)),
    loaded: sum(({ progress, state, facts }) =>
      state.value === 'done' ? facts.size : progress.value.loaded,
    ),
    size: sum(({ facts }) => facts.size),
    speed: sum(({ speed }) => speed.value),
  }
})

/** Puts the files in line, to go below `prefix`. */
export function addFiles(
  files: readonly ChosenFile[],
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
): void {
  const target = (path: string): Target => ({ bucket, key: `${prefix}${path}` })
  const added = files.map(({ file, path, handle }) => {
    return new Transfer({ id: newId(), target: target(path), facts: factsOf(file), file, handle })
  })
  enter(added)
  if (added.length > 0) announce(t('said.added', { count: added.length }))
}

/** Goes on with an upload of the service's, by a file that is known to be its own. */
export function resumeByFile(
  file: File,
  { uploadId, ...target }: Target & { readonly uploadId: string },
): void {
  const id = newId()
  enter([new Transfer({ id, target, facts: factsOf(file), file, uploadId })])
}

function enter(added: readonly Transfer[]): void {
  transfers.value = [...transfers.value, ...added]
  const endpoint = session.value?.endpoint
  if (endpoint !== undefined) void remember(added.map((transfer) => recordOf(transfer, endpoint)))
  for (const { id } of added) void claim(id)
  startNext()
}

function newId(): string {
  const [word = 0, other = 0] = crypto.getRandomValues(new Uint32Array(2))
  return `${Date.now().toString(36)}-${word.toString(36)}${other.toString(36)}`
}

function factsOf({ name, size, lastModified }: File): FileFacts {
  return { name, size, lastModified }
}

function recordOf(transfer: Transfer, endpoint: string): Remembered {
  const { id, target, facts, uploadId, handle } = transfer
  return { id, endpoint, target, facts, uploadId, handle }
}

/** Brings back what was not over when the page was left, except what another tab has taken up. */
async function restore(endpoint: string): Promise<void> {
  const restored: Transfer[] = []
  for (const record of await recall(endpoint)) {
    if (!(await claim(record.id))) continue
    const file = record.handle && (await openAgain(record.handle, record.facts))
    restored.push(new Transfer({ ...record, file }))
  }
  if (session.value?.endpoint !== endpoint || restored.length === 0) return
  transfers.value = [...restored, ...transfers.value]
  announce(t('said.restored', { count: restored.length }))
  startNext()
}

/** `undefined` where the reader has to be asked first, or the file is another by now. */
async function openAgain(
  handle: FileSystemFileHandle,
  facts: FileFacts,
): Promise<File | undefined> {
  try {
    const file = await handle.getFile()
    return differenceOf(facts, file) === undefined ? file : undefined
  } catch {
    return undefined
  }
}

export function startNext(): void {
  const free = AT_ONCE - transfers.value.filter((transfer) => transfer.isActive).length
  const waiting = transfers.value.filter(({ state }) => state.value === 'waiting')
  for (const transfer of waiting.slice(0, Math.max(0, free))) void run(transfer)
}

async function run(transfer: Transfer): Promise<void> {
  const ended = transfer.run({ parallel: PARALLEL, blobHasher })
  look()
  await ended
  const { name } = transfer.facts
  if (transfer.state.value === 'done') {
    void forget([transfer.id])
    lastStored.value = transfer.target
    announce(t('said.stored', { name }))
  } else if (transfer.state.value === 'failed') {
    announce(t('said.failed', { name, words: explain(transfer.error.value).words }))
  }
  startNext()
}

let ticking: ReturnType<typeof setInterval> | undefined

/** Looks now, and from now on while anything moves. */
function look(): void {
  for (const transfer of transfers.value) {
    const before = transfer.isBegun
    transfer.tick(performance.now())
    const endpoint = session.value?.endpoint
    if (!before && transfer.isBegun && endpoint !== undefined) {
      void remember([recordOf(transfer, endpoint)])
    }
  }
  const moves = transfers.value.some((transfer) => transfer.isActive)
  if (moves) ticking ??= setInterval(look, TICK_MS)
  else {
    clearInterval(ticking)
    ticking = undefined
  }
}

export function resumeTransfer(transfer: Transfer): void {
  transfer.resume()
  startNext()
  look()
}

export async function pauseTransfer(transfer: Transfer): Promise<void> {
  await transfer.pause()
  startNext()
}

export function pauseAll(): void {
  // First those that wait, so that none takes the place of one that stops.
  for (const transfer of transfers.value) {
    if (transfer.state.value === 'waiting') void transfer.pause()
  }
  for (const transfer of transfers.value) void transfer.pause()
}

export function resumeAll(): void {
  for (const transfer of transfers.value) {
    if (transfer.state.value === 'paused') transfer.resume()
  }
  startNext()
  look()
}

export function retryFailed(): void {
  for (const transfer of transfers.value) {
    if (transfer.state.value === 'failed') transfer.resume()
  }
  startNext()
}

export function clearFinished(): void {
  transfers.value = transfers.value.filter(
    ({ state }) => state.value !== 'done' && state.value !== 'cancelled',
  )
}

export function removeTransfer(transfer: Transfer): void {
  void forget([transfer.id])
  transfers.value = transfers.value.filter((each) => each !== transfer)
}

/** Ends it and takes it off the list, with its parts at the service or without. */
export async function cancelTransfer(
  transfer: Transfer,
  options: { readonly keepParts: boolean },
): Promise<void> {
  await transfer.cancel(options)
  removeTransfer(transfer)
  startNext()
}

addEventListener('beforeunload', (event) => {
  if (isSending.value) event.preventDefault()
})

let spokenStep = 0

effect(() => {
  const { loaded, size } = totals.value
  const step = size === 0 ? 0 : Math.floor(loaded / size / SPOKEN_STEP)
  if (step > spokenStep && loaded < size)
    announce(t('said.progress', { share: percent(loaded / size) }))
  spokenStep = step
})

effect(() => {
  const endpoint = session.value?.endpoint
  if (endpoint !== undefined) void restore(endpoint)
})

// Whoever signs out ends what was sent in their name; the parts stay, and can be gone on with.
effect(() => {
  if (session.value) return
  for (const transfer of transfers.peek()) {
    if (!transfer.isOver) void transfer.cancel({ keepParts: true })
  }
  transfers.value = []
})
