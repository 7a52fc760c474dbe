/** The file in which a data directory keeps its keys: `credentials.json`, readable by its owner alone. */

import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod/v3'
import { lockFile } from './file-lock.ts'
import type { KnownKey } from './identify.ts'
import { rightsSchema } from './rights.ts'
import { hasCode, replaceFile } from './secret-files.ts'

/** The owner of keys that name none, so that key pairs can be changed and buckets stay. */
export const DEFAULT_OWNER = 'lading'

const NAME = 'credentials.json'
const VERSION = 2

/** A key pair as it is kept. */
export interface StoredKey extends KnownKey {
  /** What it is for, in its maker's words. */
  readonly description: string
  readonly createdAt: Date
}

/** Where a data directory keeps its keys. */
export function keyFilePath(directory: string): string {
  return join(directory, NAME)
}

const date = z
  .string()
  .datetime()
  .transform((text) => new Date(text))

const storedKey = z.strictObject({
  accessKeyId: z.string().min(1),
  accessKeySecret: z.string().min(1),
  owner: z.string().min(1),
  rights: rightsSchema,
  enabled: z.boolean(),
  description: z.string(),
  createdAt: date,
  expiresAt: date.optional(),
})

/** The first version held one pair, which could do everything. */
const document = z.discriminatedUnion('version', [
  z.strictObject({ version: z.literal(VERSION), keys: z.array(storedKey) }),
  z.object({
    version: z.literal(1),
    accessKeyId: z.string().min(1),
    accessKeySecret: z.string().min(1),
  }),
])

/**
 * The keys in a file, the oldest first; `undefined` when there is no file.
 *
 * @throws {Error} when it cannot be read as one of ours; what is in it is not repeated.
 */
export async function readKeyFile(path: string): Promise<readonly StoredKey[] | undefined> {
  return (await readDocument(path))?.keys
}

async function readDocument(
  path: string,
): Promise<{ readonly keys: readonly StoredKey[]; readonly outdated: boolean } | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
  const parsed = parseJson(text)
  const read = document.safeParse(parsed)
  if (read.success) {
    const { data } = read
    if (data.version === VERSION) return { keys: data.keys, outdated: false }
    const { accessKeyId, accessKeySecret } = data
    const createdAt = (await stat(path)).mtime
    return { keys: [newKey({ accessKeyId, accessKeySecret }, createdAt)], outdated: true }
  }
  const { version } = (parsed ?? {}) as { readonly version?: unknown }
  throw new Error(
    typeof version === 'number' && version > VERSION
      ? `${path} was written by a newer version of this program.`
      : `${path} does not hold keys in a form that is known.`,
  )
}

/** An administrator's key that has just been made. */
export function newKey(
  pair: { readonly accessKeyId: string; readonly accessKeySecret: string },
  createdAt: Date,
): StoredKey {
  return {
    ...pair,
    owner: DEFAULT_OWNER,
    rights: { role: 'administrator' },
    enabled: true,
    description: '',
    createdAt,
  }
}

/**
 * Puts what `change` makes of the keys in their place: all of it or, when it throws, nothing. One at a
 * time, whichever process it is in. Unless there is something new or an older version to replace, the
 * file is left alone.
 *
 * @throws {Error} as `readKeyFile` does, and when another process holds the file for too long.
 */
export async function updateKeyFile(
  directory: string,
  change: (keys: readonly StoredKey[]) => readonly StoredKey[],
): Promise<readonly StoredKey[]> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = keyFilePath(directory)
  const release = await lockFile(`${path}.lock`)
  try {
    const found = await readDocument(path)
    const before = found?.keys ?? []
    const keys = change(before)
    if (keys === before && !found?.outdated) return keys
    await replaceFile(path, `${JSON.stringify({ version: VERSION, keys }, undefined, 2)}\n`)
    return keys
  } finally {
    await release()
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
