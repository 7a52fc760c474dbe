/** The key pair that a data directory makes for itself on its first run, and keeps. */

import { randomBytes } from 'node:crypto'
import { link, open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Credentials } from '@lading/protocol'
import { z } from 'zod'

const NAME = 'credentials.json'

/** Where a data directory keeps its pair. */
export function credentialsPath(directory: string): string {
  return join(directory, NAME)
}

const schema = z.object({
  version: z.literal(1),
  accessKeyId: z.string().min(1),
  accessKeySecret: z.string().min(1),
})

/** A key pair that nobody has seen yet, in the form of OSS's own. */
export function makeCredentials(): Credentials {
  return {
    accessKeyId: `LTAI${randomBytes(10).toString('hex')}`,
    accessKeySecret: randomBytes(24).toString('base64url'),
  }
}

/**
 * The key pair of the directory, made if there is none; readable by the owner of the file alone. Of
 * several processes that begin at once, all get the same one.
 *
 * @throws {Error} when the file cannot be read as one of ours; it is never replaced.
 */
export async function keepCredentials(
  directory: string,
): Promise<{ readonly credentials: Credentials; readonly made: boolean }> {
  const path = credentialsPath(directory)
  const kept = await readCredentials(path)
  if (kept) return { credentials: kept, made: false }

  const made = makeCredentials()
  const draft = join(directory, `${NAME}.${randomBytes(6).toString('hex')}`)
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify({ version: 1, ...made }, undefined, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  let first = true
  try {
    // Unlike a rename, a link does not replace what another process has made meanwhile.
    await link(draft, path)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
    first = false
  } finally {
    await unlink(draft)
  }
  await syncDirectory(directory)
  if (first) return { credentials: made, made: true }
  const theirs = await readCredentials(path)
  if (!theirs) throw new Error(`${path} was there and is gone.`)
  return { credentials: theirs, made: false }
}

/**
 * The key pair in a file; `undefined` when there is no file.
 *
 * @throws {Error} when it cannot be read as one of ours.
 */
export async function readCredentials(path: string): Promise<Credentials | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
  const read = schema.safeParse(parseJson(text))
  // Without a cause: the parsers' messages quote what they read.
  if (!read.success) throw new Error(`${path} does not hold a key pair of this version.`)
  const { accessKeyId, accessKeySecret } = read.data
  return { accessKeyId, accessKeySecret }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The file's name is durable only once its directory is. Windows has no such thing. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
