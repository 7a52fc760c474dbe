/**
 * How the bytes of objects lie in blobs where encryption is asked for, and how they are read again.
 * Each blob has a key of its own, of the master key and its id; it is encrypted in counter mode, so
 * that any range can be read without what is before it. Sums are of the plain bytes.
 */

import { createCipheriv, createHash, getCiphers, hkdfSync } from 'node:crypto'
import { OssError } from '@lading/protocol'
import type { BlobId, BlobSource, BlobStore } from '../ports/blob-store.ts'
import type { ObjectEncryption } from '../ports/metadata-store.ts'

/** Where the master key is: 32 bytes. */
export interface MasterKeySource {
  /** Made and kept if there is none. */
  current(): Promise<Uint8Array>
  /** `undefined` where none was made yet. */
  existing(): Promise<Uint8Array | undefined>
}

/** Bytes of a block of either cipher, and of its counter. */
const BLOCK = 16

const ciphers = {
  aes: { name: 'aes-256-ctr', keyBytes: 32 },
  sm4: { name: 'sm4-ctr', keyBytes: 16 },
} as const

/**
 * What is kept of an encryption that is asked for: which master key it is under, and for KMS the key
 * that stands for the account's own where none is named.
 *
 * @throws {OssError} `NotImplemented` where this Node has no SM4.
 */
export async function settleEncryption(
  keys: MasterKeySource,
  asked: ObjectEncryption,
): Promise<ObjectEncryption> {
  const { algorithm, dataAlgorithm } = asked
  if (!getCiphers().includes(cipherOf(asked).name)) {
    throw new OssError('NotImplemented', { details: { Header: 'x-oss-server-side-encryption' } })
  }
  const masterKey = await keys.current()
  const keyId = algorithm === 'KMS' ? (asked.keyId ?? defaultKeyId(masterKey)) : undefined
  return {
    algorithm,
    ...(dataAlgorithm !== undefined && { dataAlgorithm }),
    ...(keyId !== undefined && { keyId }),
    masterKeyId: masterKeyId(masterKey),
  }
}

/** The bytes as they are to lie in a blob. */
export async function sealed(
  keys: MasterKeySource,
  encryption: ObjectEncryption | undefined,
  bytes: AsyncIterable<Uint8Array>,
): Promise<BlobSource> {
  if (!encryption) return bytes
  const masterKey = await keyOf(keys, encryption)
  return async function* seal(id) {
    const cipher = cipherAt(masterKey, encryption, id, 0)
    for await (const chunk of bytes) yield cipher.update(chunk)
  }
}

/** The blobs as they were before they were encrypted so. */
export function opened(
  blobs: Pick<BlobStore, 'read'>,
  keys: MasterKeySource,
  encryption: ObjectEncryption | undefined,
): Pick<BlobStore, 'read'> {
  if (!encryption) return blobs
  return {
    async *read(id, range) {
      const cipher = cipherAt(await keyOf(keys, encryption), encryption, id, range.offset)
      for await (const chunk of blobs.read(id, range)) yield cipher.update(chunk)
    },
  }
}

/** Whether bytes that lie so can be taken for bytes that lie as the other says. */
export function sameEncryption(
  left: ObjectEncryption | undefined,
  right: ObjectEncryption | undefined,
): boolean {
  return (
    left?.algorithm === right?.algorithm &&
    left?.dataAlgorithm === right?.dataAlgorithm &&
    left?.keyId === right?.keyId &&
    left?.masterKeyId === right?.masterKeyId
  )
}

/** Another key would not fail: it would make other bytes of them. */
async function keyOf(keys: MasterKeySource, encryption: ObjectEncryption): Promise<Uint8Array> {
  const key = await keys.existing()
  if (key && masterKeyId(key) === encryption.masterKeyId) return key
  throw new Error('The bytes were encrypted under another master key than the one that is here.')
}

function cipherAt(
  masterKey: Uint8Array,
  encryption: ObjectEncryption,
  id: BlobId,
  offset: number,
): ReturnType<typeof createCipheriv> {
  const { name, keyBytes } = cipherOf(encryption)
  const { algorithm, dataAlgorithm = '', keyId = '' } = encryption
  const purpose = JSON.stringify(['blob', algorithm, dataAlgorithm, keyId])
  const key = derive(masterKey, Buffer.from(id, 'hex'), purpose, keyBytes)
  // No two blobs share a key, so every counter can begin at 0.
  const counter = Buffer.alloc(BLOCK)
  counter.writeBigUInt64BE(BigInt(Math.floor(offset / BLOCK)), BLOCK - 8)
  const cipher = createCipheriv(name, key, counter)
  cipher.update(new Uint8Array(offset % BLOCK))
  return cipher
}

function cipherOf({ algorithm, dataAlgorithm }: ObjectEncryption): (typeof ciphers)['aes' | 'sm4'] {
  return (dataAlgorithm ?? algorithm) === 'SM4' ? ciphers.sm4 : ciphers.aes
}

/** Tells master keys apart and says nothing of them. */
function masterKeyId(masterKey: Uint8Array): string {
  return derive(masterKey, new Uint8Array(), 'master key id', 8).toString('hex')
}

/** In the form of the key ids of the key management service. */
function defaultKeyId(masterKey: Uint8Array): string {
  const hex = derive(masterKey, new Uint8Array(), 'default kms key id', 16).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function derive(key: Uint8Array, salt: Uint8Array, purpose: string, bytes: number): Buffer {
  // Hashed, because a purpose may hold a key id of any length.
  const info = createHash('sha256').update(`lading ${purpose}`).digest()
  return Buffer.from(hkdfSync('sha256', key, salt, info, bytes))
}
