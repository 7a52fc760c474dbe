import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { keyFilePath, readKeyFile } from './key-file.ts'
import { KeyRing } from './key-ring.ts'
import { type KeyStore, openKeyStore } from './keys.ts'
import type { Rights } from './rights.ts'

const START = Date.parse('2026-11-22T10:00:00Z')
const HOUR = 3_600_000
const administrator: Rights = { role: 'administrator' }
const reader: Rights = { role: 'read-only', bucket: 'photos', prefix: 'a/' }

interface Place {
  readonly directory: string
  readonly file: string
  readonly store: KeyStore
  pass(ms: number): void
  /** What the running server goes by. */
  ring(): Promise<KeyRing>
}

async function place(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  let time = START
  const file = keyFilePath(directory)
  return {
    directory,
    file,
    store: openKeyStore(directory, { now: () => new Date(time) }),
    pass(ms) {
      time += ms
    },
    async ring() {
      const ring = new KeyRing({ given: [], file, report: () => {}, clock: () => time })
      await ring.load()
      return ring
    },
  }
}

describe('a directory without keys', () => {
  it('gets one administrator, kept, and readable by its owner alone', async () => {
    const { store, file } = await place()
    const first = await store.keepAdministrator()
    expect(first).toMatchObject({ made: true, key: { rights: administrator, owner: 'lading' } })
    expect(await store.keepAdministrator()).toEqual({ key: first.key, made: false })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('gets the same one whoever asks at once, made by one of them', async () => {
    const { directory } = await place()
    const all = await Promise.all(
      Array.from({ length: 8 }, () => openKeyStore(directory).keepAdministrator()),
    )
    expect(new Set(all.map(({ key }) => key.accessKeySecret)).size).toBe(1)
    expect(all.filter(({ made }) => made)).toHaveLength(1)
    expect(await readdir(directory)).toEqual(['credentials.json'])
  })
})

describe('keys', () => {
  it('are added and listed with what they may do, oldest first', async () => {
    const { store, pass } = await place()
    const { key } = await store.keepAdministrator()
    pass(HOUR)
    const added = await store.add({ rights: reader, owner: 'anna', description: 'the web site' })
    expect(added).toMatchObject({
      rights: reader,
      owner: 'anna',
      description: 'the web site',
      enabled: true,
      createdAt: new Date(START + HOUR),
    })
    expect(await store.list()).toEqual([key, added])
  })

  it('lose none of several that are added at once', async () => {
    const { directory, store } = await place()
    const stores = Array.from({ length: 8 }, () => openKeyStore(directory))
    await Promise.all(stores.map((one) => one.add({ rights: reader })))
    expect(await store.list()).toHaveLength(8)
  })

  it('are rotated into a key that may do the same, and the old one ends after its grace', async () => {
    const { store, pass } = await place()
    await store.keepAdministrator()
    const old = await store.add({ rights: reader, description: 'x' })
    const { made, validUntil } = await store.rotate(old.accessKeyId, { graceMs: HOUR })
    expect(made).toMatchObject({ rights: reader, description: 'x' })
    expect(made.accessKeySecret).not.toBe(old.accessKeySecret)
    expect(validUntil).toEqual(new Date(START + HOUR))
    const ids = async (): Promise<string[]> =>
      (await store.list()).map(({ accessKeyId }) => accessKeyId)
    pass(HOUR - 1)
    expect(await ids()).toContain(old.accessKeyId)
    pass(1)
    expect(await ids()).not.toContain(old.accessKeyId)
    expect(await ids()).toContain(made.accessKeyId)
  })

  it('that are rotated once more do not live longer', async () => {
    const { store } = await place()
    const old = await store.add({ rights: reader })
    await store.rotate(old.accessKeyId, { graceMs: HOUR })
    const { validUntil, made } = await store.rotate(old.accessKeyId, { graceMs: 2 * HOUR })
    expect(validUntil).toEqual(new Date(START + HOUR))
    expect(made.expiresAt).toBeUndefined()
  })

  it('that are not there are refused', async () => {
    const { store } = await place()
    const missing = { name: 'KeyRefusal', reason: 'missing' }
    await expect(store.remove('nobody')).rejects.toMatchObject(missing)
    await expect(store.rotate('nobody', { graceMs: 0 })).rejects.toMatchObject(missing)
    await expect(store.setEnabled('nobody', true)).rejects.toMatchObject(missing)
  })
})

describe('the last administrator', () => {
  const last = { name: 'KeyRefusal', reason: 'last-administrator' }

  it('is neither removed nor disabled', async () => {
    const { store } = await place()
    const { key } = await store.keepAdministrator()
    await store.add({ rights: { ...administrator, bucket: 'photos' } })
    await expect(store.remove(key.accessKeyId)).rejects.toMatchObject(last)
    await expect(store.setEnabled(key.accessKeyId, false)).rejects.toMatchObject(last)
    expect((await store.list())[0]).toEqual(key)
  })

  it('goes once there is another, and not while that one is disabled or about to end', async () => {
    const { store } = await place()
    const { key } = await store.keepAdministrator()
    const second = await store.add({ rights: administrator })
    await store.setEnabled(second.accessKeyId, false)
    await expect(store.remove(key.accessKeyId)).rejects.toMatchObject(last)
    await store.setEnabled(second.accessKeyId, true)
    const { made } = await store.rotate(second.accessKeyId, { graceMs: HOUR })
    await store.remove(key.accessKeyId)
    await expect(store.remove(made.accessKeyId)).rejects.toMatchObject(last)
  })
})

describe('the file', () => {
  it('of the first version is one administrator, and is upgraded', async () => {
    const { store, file } = await place()
    const pair = { accessKeyId: 'LTAIold', accessKeySecret: 'hush' }
    await writeFile(file, JSON.stringify({ version: 1, ...pair }))
    const { key, made } = await store.keepAdministrator()
    expect([key, made]).toMatchObject([{ ...pair, rights: administrator, owner: 'lading' }, false])
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ version: 2, keys: [pair] })
  })

  it.each([
    ['of a newer version', '{"version":3,"secret":"hush"}', 'newer version'],
    ['that is cut off', '{"version":2,"keys":[{"accessKeySecret":"hush', 'form that is known'],
    ['with rights of another kind', '{"version":2,"keys":["hush"]}', 'form that is known'],
  ])('%s is refused, not replaced, and not quoted', async (_, text, reason) => {
    const { store, file } = await place()
    await writeFile(file, text)
    for (const use of [() => store.list(), () => store.keepAdministrator()]) {
      await expect(use()).rejects.toThrow(reason)
      await expect(use()).rejects.not.toThrow('hush')
    }
    expect(await readFile(file, 'utf8')).toBe(text)
  })

  it('is not held up by a process that died with its lock', async () => {
    const { store, file } = await place()
    const pid = 2 ** 30 // more than any system gives out
    await writeFile(`${file}.lock`, JSON.stringify({ pid, host: hostname(), token: 'x' }))
    await store.add({ rights: reader })
    expect(await readKeyFile(file)).toHaveLength(1)
  })
})

describe('a running server', () => {
  it('knows a new key at once, and forgets a removed one within a second', async () => {
    const { store, ring, pass } = await place()
    await store.keepAdministrator()
    const keys = await ring()
    const added = await store.add({ rights: reader })
    expect(await keys.find(added.accessKeyId)).toEqual(added)
    await store.remove(added.accessKeyId)
    pass(1000)
    expect(await keys.find(added.accessKeyId)).toBeUndefined()
  })

  it('learns within a second that a key was disabled', async () => {
    const { store, ring, pass } = await place()
    const added = await store.add({ rights: reader })
    const keys = await ring()
    await store.setEnabled(added.accessKeyId, false)
    pass(1000)
    expect(await keys.find(added.accessKeyId)).toMatchObject({ enabled: false })
  })

  it('goes by what it read last when the file is spoilt, and says so once', async () => {
    const { store, file } = await place()
    const added = await store.add({ rights: reader })
    const reports: unknown[] = []
    let time = 0
    const keys = new KeyRing({
      given: [],
      file,
      report: (error) => reports.push(error),
      clock: () => time,
    })
    await keys.load()
    await writeFile(file, 'spoilt')
    for (let second = 1; second <= 3; second += 1) {
      time = second * 1000
      expect(await keys.find(added.accessKeyId)).toEqual(added)
    }
    expect(reports).toHaveLength(1)
  })

  it('prefers the keys that it was given', async () => {
    const { store, file } = await place()
    const added = await store.add({ rights: reader })
    const given = { ...added, accessKeySecret: 'another' }
    const keys = new KeyRing({ given: [given], file, report: () => {} })
    await keys.load()
    expect(await keys.find(added.accessKeyId)).toBe(given)
  })
})
