/** What gateways that share nothing but their engines must be given alike. */

import { access } from 'node:fs/promises'
import type { Config } from './config.ts'
import { masterKeyPath } from './master-key.ts'

/** Whether nothing of the data is kept on this machine, so that others may serve it too. */
export function isShared({ metadata, blobs }: Pick<Config, 'metadata' | 'blobs'>): boolean {
  return metadata !== undefined && blobs !== undefined
}

/**
 * A key that one gateway made for itself would be none to the others: what was encrypted under it could
 * be read nowhere else, and after the machine's end nowhere at all. So no such key is made.
 *
 * @throws {TypeError} naming all that is missing.
 */
export async function requireSharedSecrets(
  config: Pick<Config, 'metadata' | 'blobs' | 'data' | 'keys' | 'masterKey' | 'callbackHosts'>,
): Promise<void> {
  if (!isShared(config)) return
  const { data, keys, masterKey, callbackHosts } = config
  const directory = data === 'memory' ? undefined : data.directory
  const missing: string[] = []
  if (masterKey === undefined && !(await hasMasterKey(directory))) {
    missing.push('a master key (LADING_MASTER_KEY, or master.key in the data directory)')
  }
  if (keys === undefined && directory === undefined) {
    missing.push(
      'a key pair (LADING_ACCESS_KEY_ID and LADING_ACCESS_KEY_SECRET, or credentials.json in a data directory)',
    )
  }
  if (callbackHosts.length > 0 && directory === undefined) {
    missing.push('the key that callbacks are signed with (callback-key.pem in a data directory)')
  }
  if (missing.length === 0) return
  throw new TypeError(
    `Gateways that share their engines make no keys of their own: each must be given ${missing.join(', and ')}, the same as the others.`,
  )
}

async function hasMasterKey(directory: string | undefined): Promise<boolean> {
  if (directory === undefined) return false
  return await access(masterKeyPath(directory)).then(
    () => true,
    () => false,
  )
}
