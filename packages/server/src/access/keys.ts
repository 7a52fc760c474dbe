/** The keys of a data directory, and what may be done to them. */

import { randomBytes } from 'node:crypto'
import {
  DEFAULT_OWNER,
  keyFilePath,
  newKey,
  readKeyFile,
  type StoredKey,
  updateKeyFile,
} from './key-file.ts'
import { isUnlimited, type Rights } from './rights.ts'

/** Why the keys stay as they are. */
export class KeyRefusal extends Error {
  override readonly name = 'KeyRefusal'
  readonly reason: 'missing' | 'last-administrator'

  constructor(reason: KeyRefusal['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

export interface NewKeyOptions {
  readonly rights: Rights
  /** Default `lading`, which is whose the keys are that a server makes for itself. */
  readonly owner?: string | undefined
  readonly description?: string | undefined
}

/** The keys of a data directory. What is changed is what its servers go by within a second. */
export interface KeyStore {
  /** The oldest first. Those whose time is over are not among them. */
  list(): Promise<readonly StoredKey[]>
  add(options: NewKeyOptions): Promise<StoredKey>
  /**
   * Makes a key that may do the same; the old one stays valid for `graceMs`.
   *
   * @throws {KeyRefusal} `missing`.
   */
  rotate(
    accessKeyId: string,
    options: { readonly graceMs: number },
  ): Promise<{ readonly made: StoredKey; readonly validUntil: Date }>
  /** @throws {KeyRefusal} `missing`, `last-administrator`. */
  remove(accessKeyId: string): Promise<void>
  /** @throws {KeyRefusal} `missing`, `last-administrator`. */
  setEnabled(accessKeyId: string, enabled: boolean): Promise<void>
  /** The first that may do everything, made if there is none. */
  keepAdministrator(): Promise<{ readonly key: StoredKey; readonly made: boolean }>
}

/** Makes the directory when it is first written to. */
export function openKeyStore(
  directory: string,
  options: { readonly now?: (() => Date) | undefined } = {},
): KeyStore {
  const { now = () => new Date() } = options
  const change = (make: (keys: readonly StoredKey[]) => readonly StoredKey[]) =>
    updateKeyFile(directory, (keys) => make(valid(keys, now())))
  return {
    list: async () => valid((await readKeyFile(keyFilePath(directory))) ?? [], now()),

    async add({ rights, owner = DEFAULT_OWNER, description = '' }) {
      const key = { ...newKey(makeCredentials(), now()), rights, owner, description }
      await change((keys) => [...keys, key])
      return key
    },

    async rotate(accessKeyId, { graceMs }) {
      const time = now()
      const end = new Date(time.getTime() + graceMs)
      let made: StoredKey | undefined
      let validUntil = end
      await change((keys) => {
        const { expiresAt, ...old } = requireKey(keys, accessKeyId)
        // One that is going already does not get longer.
        validUntil = expiresAt && expiresAt < end ? expiresAt : end
        made = { ...old, ...makeCredentials(), createdAt: time }
        const others = keys.map((key) =>
          key.accessKeyId === accessKeyId ? { ...old, expiresAt: validUntil } : key,
        )
        return [...valid(others, time), made]
      })
      if (!made) throw new Error('The change was not made.')
      return { made, validUntil }
    },

    async remove(accessKeyId) {
      await change((keys) => {
        requireKey(keys, accessKeyId)
        return requireAdministrator(
          keys,
          keys.filter((key) => key.accessKeyId !== accessKeyId),
        )
      })
    },

    async setEnabled(accessKeyId, enabled) {
      await change((keys) => {
        requireKey(keys, accessKeyId)
        return requireAdministrator(
          keys,
          keys.map((key) => (key.accessKeyId === accessKeyId ? { ...key, enabled } : key)),
        )
      })
    },

    async keepAdministrator() {
      let made = false
      const keys = await change((present) => {
        if (findAdministrator(present)) return present
        made = true
        return [...present, newKey(makeCredentials(), now())]
      })
      const key = findAdministrator(keys)
      if (!key) throw new Error('The administrator that was made is gone.')
      return { key, made }
    },
  }
}

/** A key pair that nobody has seen yet, in the form of OSS's own. */
export function makeCredentials(): {
  readonly accessKeyId: string
  readonly accessKeySecret: string
} {
  return {
    accessKeyId: `LTAI${randomBytes(10).toString('hex')}`,
    accessKeySecret: randomBytes(24).toString('base64url'),
  }
}

/** The first that may be used and may do everything for good. */
function findAdministrator(keys: readonly StoredKey[]): StoredKey | undefined {
  return keys.find(({ rights, enabled, expiresAt }) => enabled && !expiresAt && isUnlimited(rights))
}

/** Those whose time is not over; the same array when that is all of them. */
function valid(keys: readonly StoredKey[], now: Date): readonly StoredKey[] {
  const isOver = ({ expiresAt }: StoredKey): boolean => expiresAt !== undefined && expiresAt <= now
  return keys.some(isOver) ? keys.filter((key) => !isOver(key)) : keys
}

function requireKey(keys: readonly StoredKey[], accessKeyId: string): StoredKey {
  const key = keys.find((candidate) => candidate.accessKeyId === accessKeyId)
  if (key) return key
  throw new KeyRefusal('missing', `there is no key ${accessKeyId}`)
}

/** @returns `after`, unless that leaves nobody who could put things right again. */
function requireAdministrator(
  before: readonly StoredKey[],
  after: readonly StoredKey[],
): readonly StoredKey[] {
  if (!findAdministrator(before) || findAdministrator(after)) return after
  throw new KeyRefusal(
    'last-administrator',
    'this is the last administrator: without it nobody could manage the buckets any more',
  )
}
