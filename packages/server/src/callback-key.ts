/** The key that callbacks are signed with: made when it is first needed, and kept with the data. */

import { createPublicKey, generateKeyPair, randomBytes } from 'node:crypto'
import { link, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

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

/** Of several processes that make one, the first to name its file has made the key of all. */
async function keepKey(path: string): Promise<string> {
  const kept = await readIfAny(path)
  if (kept !== undefined) return kept
  const made = `${path}.${randomBytes(8).toString('hex')}`
  const file = await open(made, 'wx', 0o600)
  try {
    await file.writeFile(await makeKey())
    await file.sync()
    await link(made, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  } finally {
    await file.close()
    await rm(made, { force: true })
  }
  return await readFile(path, 'utf8')
}

async function readIfAny(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
