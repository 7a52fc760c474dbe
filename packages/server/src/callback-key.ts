/** The key that callbacks are signed with: made when it is first needed, and kept with the data. */

import { createPublicKey, generateKeyPair } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createFile, hasCode } from './access/secret-files.ts'

const NAME = 'callback-key.pem'

/** The private key in PEM, the same for every process over one directory. */
export function callbackKey(directory: string | undefined): () => Promise<string> {
  let key: Promise<string> | undefined
  return () => {
    key ??= (directory === undefined ? makeKey() : keepKey(join(directory, NAME))).catch(
      (error) => {
        key = undefined
        throw error
      },
    )
    return key
  }
}

/** What others check its signatures by, in PEM. */
export function publicHalf(privateKey: string): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
}

async function makeKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Durable: whoever has fetched the public half goes on believing it. */
async function keepKey(path: string): Promise<string> {
  const kept = await readIfAny(path)
  if (kept !== undefined) return kept
  await createFile(path, await makeKey())
  return await readFile(path, 'utf8')
}

async function readIfAny(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}
