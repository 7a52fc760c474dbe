/** The keys of one server: those that it was given and those that its data directory keeps. */

import type { FindKey, KnownKey } from './identify.ts'
import { keyFilePath, newKey } from './key-file.ts'
import { KeyRing } from './key-ring.ts'
import { makeCredentials, openKeyStore } from './keys.ts'

export interface ServerKeys {
  readonly find: FindKey
  /**
   * The one to tell people of: the first that was given, or else the first administrator that the
   * directory keeps, which is made and kept if there is none.
   */
  first(): Promise<FirstKey>
}

export interface FirstKey {
  readonly key: KnownKey
  /** Whether it was made for this server, so that nobody knows it yet. */
  readonly made: boolean
  /** Where it is kept. */
  readonly file: string | undefined
}

export interface ServerKeysOptions {
  readonly given: readonly KnownKey[]
  /** `undefined` keeps nothing. */
  readonly directory: string | undefined
  readonly now: () => Date
  readonly report: (error: unknown) => void
}

/**
 * Reads what there is and writes nothing yet.
 *
 * @throws {Error} when the file of keys cannot be read as one of ours.
 */
export async function openServerKeys(options: ServerKeysOptions): Promise<ServerKeys> {
  const { given, directory, now, report } = options
  if (directory === undefined) {
    const [first = newKey(makeCredentials(), now()), ...others] = given
    const ring = new KeyRing({ given: [first, ...others], file: undefined, report })
    return {
      find: (accessKeyId) => ring.find(accessKeyId),
      first: async () => ({ key: first, made: given.length === 0, file: undefined }),
    }
  }
  const file = keyFilePath(directory)
  const ring = new KeyRing({ given, file, report })
  await ring.load()
  return {
    find: (accessKeyId) => ring.find(accessKeyId),
    async first() {
      const [key] = given
      if (key) return { key, made: false, file: undefined }
      return { ...(await openKeyStore(directory, { now }).keepAdministrator()), file }
    },
  }
}
