/** The key under which a server encrypts: given to it, or made and kept beside the data. */

import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createFile, hasCode } from './access/secret-files.ts'
import type { MasterKeySource } from './store/encryption.ts'

const NAME = 'master.key'
const BYTES = 32

/** Where a data directory keeps it. */
export function masterKeyPath(directory: string): string {
  return join(directory, NAME)
}

export interface MasterKeyOptions {
  /** 64 hexadecimal digits. */
  readonly given: string | undefined
  /** `undefined` keeps nothing. */
  readonly directory: string | undefined
}

/**
 * Reads the key when it is first needed, and makes it only to encrypt. Of several processes that do
 * so at once, all get the same one.
 */
export function openMasterKey({ given, directory }: MasterKeyOptions): MasterKeySource {
  let known: Buffer | undefined = given === undefined ? undefined : Buffer.from(given, 'hex')
  const path = directory === undefined ? undefined : masterKeyPath(directory)

  async function existing(): Promise<Buffer | undefined> {
    if (!known && path !== undefined) known = await readKey(path)
    return known
  }

  return {
    existing,
    async current() {
      const key = await existing()
      if (key) return key
      const made = randomBytes(BYTES)
      // Another request may have made it meanwhile, and nobody may be left with a second one.
      if (path === undefined) known ??= made
      else known = await keepKey(path, made)
      return known
    },
  }
}

/** @throws {Error} when it cannot be read as one of ours; what is in it is not repeated. */
async function readKey(path: string): Promise<Buffer | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
  if (/^[0-9a-f]{64}\n?$/i.test(text)) return Buffer.from(text.trim(), 'hex')
  throw new Error(`${path} does not hold a master key.`)
}

/** Durable when it resolves: what is encrypted under a key that is lost is lost. */
async function keepKey(path: string, key: Buffer): Promise<Buffer> {
  await createFile(path, `${key.toString('hex')}\n`)
  const kept = await readKey(path)
  if (!kept) throw new Error(`${path} was there and is gone.`)
  return kept
}
