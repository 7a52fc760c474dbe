/** Creation of the environment, cut off at each of its calls. */

import { cp, mkdtemp, readdir, readlink, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { open as openLmdb } from 'lmdb'
import { expect, onTestFinished, test } from 'vitest'
import { bucketNamed } from '../../ports/metadata-samples.contract.ts'
import { FORMAT, openEnvironment } from './environment.ts'
import { type EnvironmentFiles, nodeEnvironmentFiles } from './environment-files.ts'
import { textKey } from './keys.ts'
import { LmdbMetadataStore } from './lmdb-metadata-store.ts'
import { encodeNumber } from './records.ts'
import { binary } from './tables.ts'

async function temporary(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'lading-meta-'))
  onTestFinished(() => rm(parent, { recursive: true }))
  return parent
}

/** One call of creation, and how things stood on the disk just before it. */
interface Step {
  /** As in `sync meta-new/data.mdb`, relative to the parent of the environment. */
  readonly call: string
  readonly finalExists: boolean
  /** Whether a copy of `meta-new`, as it was then, opens as an environment of ours. */
  readonly whole: boolean
  /** Whether this process had a file in `meta-new` open. Only Linux tells; elsewhere false. */
  readonly open: boolean
}

type Create = (directory: string, files: EnvironmentFiles) => Promise<{ close(): Promise<void> }>

const ours: Create = async (directory, files) =>
  (await openEnvironment(directory, files)).environment

/** Node's files, with `before` and `after` around each call that changes the disk or syncs it. */
function watched(
  before: (name: string, paths: readonly string[]) => Promise<void>,
  after: (name: string, paths: readonly string[]) => Promise<void> = async () => {},
): EnvironmentFiles {
  const node = nodeEnvironmentFiles
  const around = async (name: string, paths: readonly string[], act: () => Promise<void>) => {
    await before(name, paths)
    await act()
    await after(name, paths)
  }
  return {
    exists: node.exists,
    remove: (path) => around('remove', [path], () => node.remove(path)),
    makeDirectories: (path) => around('make all', [path], () => node.makeDirectories(path)),
    makeDirectory: (path) => around('make', [path], () => node.makeDirectory(path)),
    sync: (path) => around('sync', [path], () => node.sync(path)),
    rename: (from, to) => around('rename', [from, to], () => node.rename(from, to)),
  }
}

async function isWhole(unfinished: string): Promise<boolean> {
  const copy = join(await temporary(), 'meta')
  try {
    await cp(unfinished, copy, { recursive: true })
    await (await openEnvironment(copy)).environment.close()
    return true
  } catch {
    return false
  }
}

async function holdsOpen(directory: string): Promise<boolean> {
  if (process.platform !== 'linux') return false
  const targets = (await readdir('/proc/self/fd')).map((fd) =>
    readlink(`/proc/self/fd/${fd}`).catch(() => ''),
  )
  return (await Promise.all(targets)).some((target) => target.startsWith(`${directory}/`))
}

async function recordCreation(create: Create): Promise<Step[]> {
  const directory = join(await temporary(), 'data', 'meta')
  const parent = dirname(directory)
  const steps: Step[] = []
  const named = (path: string) => {
    if (path === parent) return '.'
    return path === dirname(parent) ? '..' : path.slice(parent.length + 1)
  }
  const files = watched(async (name, paths) => {
    steps.push({
      call: [name, ...paths.map(named)].join(' '),
      finalExists: await nodeEnvironmentFiles.exists(directory),
      whole: await isWhole(`${directory}-new`),
      open: await holdsOpen(`${directory}-new`),
    })
  })
  await (await create(directory, files)).close()
  return steps
}

/** What is wrong with the order of a creation; nothing, if no cut can leave half an environment. */
function faultsOfOrder(steps: readonly Step[]): string[] {
  const expected = [
    'remove meta-new',
    'make all .',
    'make meta-new',
    'sync meta-new/data.mdb',
    'sync meta-new',
    'rename meta-new meta',
    'sync .',
    'sync ..',
    'sync meta/data.mdb',
  ]
  const faults: string[] = []
  const calls = steps.map(({ call }) => call)
  if (calls.join() !== expected.join()) faults.push(`the order is ${calls.join(', ')}`)
  const renamed = calls.indexOf('rename meta-new meta')
  for (const [at, { call, finalExists, whole, open }] of steps.entries()) {
    const before = renamed === -1 || at <= renamed
    if (before && finalExists) faults.push(`the final name exists before: ${call}`)
    if (call === 'sync meta-new/data.mdb') {
      if (!whole) faults.push('what is synced is not whole')
      if (open) faults.push('what is synced is still open')
    }
  }
  return faults
}

test('creation is: elsewhere, whole and closed, synced, named, and the name synced', async () => {
  expect(faultsOfOrder(await recordCreation(ours))).toEqual([])
})

/** Makes an environment by lmdb alone; gives back how to close it. */
async function makeAt(directory: string): Promise<() => Promise<void>> {
  const environment = openLmdb<Uint8Array, Uint8Array>(directory, { ...binary, noSubdir: false })
  const meta = environment.openDB<Uint8Array, Uint8Array>({ ...binary, name: 'meta' })
  await meta.put(textKey('format'), encodeNumber(FORMAT))
  return () => environment.close()
}

// Closed before any call can be cut off: tearing a file that is mapped ends the process.
const made = async (directory: string) => (await makeAt(directory))()

const plainly: Create = async (directory, files) => {
  const parent = dirname(directory)
  await files.remove(`${directory}-new`)
  await files.makeDirectories(parent)
  await files.makeDirectory(directory)
  await made(directory)
  await files.sync(join(directory, 'data.mdb'))
  await files.sync(directory)
  await files.sync(parent)
  await files.sync(dirname(parent))
  return { close: async () => {} }
}

/** Makes the calls of a right creation, each preceded by what is planted there. */
function rightly(planted: {
  atFirst?: (directory: string) => Promise<unknown>
  beforeSync?: (directory: string) => Promise<unknown>
  afterSync?: (directory: string) => Promise<unknown>
}): Create {
  return async (directory, files) => {
    const parent = dirname(directory)
    const unfinished = `${directory}-new`
    await files.remove(unfinished)
    await files.makeDirectories(parent)
    await planted.atFirst?.(directory)
    await files.makeDirectory(unfinished)
    await planted.beforeSync?.(unfinished)
    await files.sync(join(unfinished, 'data.mdb')).catch(() => {})
    await files.sync(unfinished)
    await rm(directory, { recursive: true, force: true })
    await planted.afterSync?.(unfinished)
    await files.rename(unfinished, directory)
    await files.sync(parent)
    await files.sync(dirname(parent))
    await files.sync(join(directory, 'data.mdb')).catch(() => {})
    return { close: async () => {} }
  }
}

/** Leaves it open for as long as the test runs. */
async function madeAndLeftOpen(directory: string): Promise<void> {
  onTestFinished(await makeAt(directory))
}

test('the check of the order has nothing against a right one', async () => {
  expect(faultsOfOrder(await recordCreation(rightly({ beforeSync: made })))).toEqual([])
})

test.each<[string, Create, string]>([
  ['plainly at the final name', plainly, 'the final name exists before: sync meta/data.mdb'],
  [
    'at the final name, behind the right calls',
    rightly({ atFirst: made, beforeSync: made }),
    'the final name exists before: make meta-new',
  ],
  ['that syncs before it writes', rightly({ afterSync: made }), 'what is synced is not whole'],
])('the check of the order rejects a creation %s', async (_, create, fault) => {
  expect(faultsOfOrder(await recordCreation(create))).toContain(fault)
})

test.runIf(process.platform === 'linux')(
  'the check of the order rejects a creation that syncs before it closes',
  async () => {
    const steps = await recordCreation(rightly({ beforeSync: madeAndLeftOpen }))
    expect(faultsOfOrder(steps)).toEqual(['what is synced is still open'])
  },
)

class Cut extends Error {}

/** Runs until just before, or just after, call `at` (1-based), on a disk that keeps only what was synced. */
async function cutAt(
  directory: string,
  { at, when, create }: { at: number; when: 'before' | 'after'; create: Create },
): Promise<boolean> {
  const synced = new Set<string>()
  let calls = 0
  const files = watched(
    async () => {
      calls++
      if (calls === at && when === 'before') throw new Cut()
    },
    async (name, paths) => {
      if (name === 'sync') for (const path of paths) synced.add(path)
      if (calls === at && when === 'after') throw new Cut()
    },
  )
  try {
    await (await create(directory, files)).close()
    return false
  } catch (error) {
    if (!(error instanceof Cut)) throw error
  }
  for (const name of [directory, `${directory}-new`]) {
    const data = join(name, 'data.mdb')
    const wasSynced = synced.has(join(`${directory}-new`, 'data.mdb')) || synced.has(data)
    if (!wasSynced && (await nodeEnvironmentFiles.exists(data))) await truncate(data, 4096)
  }
  return true
}

/** Opens, writes, closes, opens again and finds what was acknowledged. */
async function expectWorking(directory: string): Promise<void> {
  const first = await LmdbMetadataStore.open({ directory })
  expect((await first.createBucket(bucketNamed('films'))).created).toBe(true)
  await first.close()
  const second = await LmdbMetadataStore.open({ directory })
  expect(await second.findBucket('films')).toEqual(bucketNamed('films'))
  await second.close()
}

async function firstStartsCut(create: Create, when: 'before' | 'after'): Promise<number> {
  for (let at = 1; ; at++) {
    const directory = join(await temporary(), 'data', 'meta')
    if (!(await cutAt(directory, { at, when, create }))) return at - 1
    await expectWorking(directory)
    expect(await readdir(dirname(directory))).toEqual(['meta'])
  }
}

test.each(['before', 'after'] as const)(
  'a first start cut off %s any of its calls, with what was not synced torn, is done again',
  async (when) => {
    expect(await firstStartsCut(ours, when)).toBeGreaterThan(5)
  },
)

test('a plain first start that is cut off is not done again', async () => {
  await expect(firstStartsCut(plainly, 'before')).rejects.toThrow('no LMDB environment')
})

test('a start after one cut off at its rename syncs the name before it takes anything', async () => {
  const directory = join(await temporary(), 'data', 'meta')
  const parent = dirname(directory)
  const synced: string[] = []
  const cut = watched(
    async () => {},
    async (name) => {
      if (name === 'rename') throw new Cut()
    },
  )
  await expect(openEnvironment(directory, cut)).rejects.toThrow(Cut)
  const recording = watched(async (name, paths) => {
    if (name === 'sync') synced.push(...paths)
  })
  await (await openEnvironment(directory, recording)).environment.close()
  expect(synced.slice(0, 2)).toEqual([parent, dirname(parent)])
})

test('a start makes durable what it sees, which a killed process may have left unsynced', async () => {
  const directory = join(await temporary(), 'data', 'meta')
  await (await openEnvironment(directory)).environment.close()
  const synced: string[] = []
  const recording = watched(async (name, paths) => {
    if (name === 'sync') synced.push(...paths)
  })
  await (await openEnvironment(directory, recording)).environment.close()
  expect(synced).toContain(join(directory, 'data.mdb'))
})
