/**
 * The token of a temporary key holds all that there is to know of it, sealed under the secret of the key
 * that it was made with: whoever knows that key can check it, and nobody once the key is gone.
 */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { z } from 'zod/v3'

/** A temporary key. */
export interface Session {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Milliseconds since 1970; from then on it is worth nothing. */
  readonly expiresAt: number
  /** The role and the session of it that the caller named: `ROLE/SESSION`. */
  readonly role: string
  /** The text of a policy that narrows what the key may do. */
  readonly policy?: string | undefined
}

/** The key pair that a session is made with. */
export interface Parent {
  readonly accessKeyId: string
  readonly accessKeySecret: string
}

const session: z.ZodType<Session> = z.strictObject({
  accessKeyId: z.string(),
  accessKeySecret: z.string(),
  expiresAt: z.number(),
  role: z.string(),
  policy: z.string().optional(),
})

/*
 * One byte of version, one of the length of the parent's id, that id; a nonce; the session as JSON,
 * encrypted; the tag, which covers all before it.
 */
const VERSION = 1
const NONCE = 12
const TAG = 16

export function sealToken(parent: Parent, content: Session): string {
  const id = Buffer.from(parent.accessKeyId)
  const head = Buffer.concat([Buffer.from([VERSION, id.length]), id])
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv('aes-256-gcm', keyOf(parent), nonce).setAAD(head)
  const sealed = [cipher.update(JSON.stringify(content)), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat([head, nonce, ...sealed]).toString('base64')
}

/** The id of the key that it says it was made with; `undefined` when it is no token of ours. */
export function parentOf(token: string): string | undefined {
  return split(token)?.parentId
}

/** `undefined` when it was not made with that key, or was changed since. */
export function openToken(parent: Parent, token: string): Session | undefined {
  const found = split(token)
  if (found?.parentId !== parent.accessKeyId) return undefined
  const { head, nonce, sealed, tag } = found
  const decipher = createDecipheriv('aes-256-gcm', keyOf(parent), nonce, { authTagLength: TAG })
  decipher.setAAD(head).setAuthTag(tag)
  let text: string
  try {
    text = Buffer.concat([decipher.update(sealed), decipher.final()]).toString()
  } catch {
    return undefined
  }
  return session.parse(JSON.parse(text))
}

interface Split {
  readonly parentId: string
  readonly head: Buffer
  readonly nonce: Buffer
  readonly sealed: Buffer
  readonly tag: Buffer
}

function split(token: string): Split | undefined {
  const bytes = Buffer.from(token, 'base64')
  // Decoding passes over what is not base64; there is one way to write a token.
  if (bytes.toString('base64') !== token) return undefined
  const [version, length = 0] = bytes
  const at = 2 + length
  if (version !== VERSION || bytes.length < at + NONCE + TAG) return undefined
  return {
    parentId: bytes.toString('utf8', 2, at),
    head: bytes.subarray(0, at),
    nonce: bytes.subarray(at, at + NONCE),
    sealed: bytes.subarray(at + NONCE, -TAG),
    tag: bytes.subarray(-TAG),
  }
}

function keyOf({ accessKeySecret }: Parent): Buffer {
  return Buffer.from(hkdfSync('sha256', accessKeySecret, '', 'lading security token 1', 32))
}
