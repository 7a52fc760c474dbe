/**
 * Version ids as they are seen outside: 64 characters of Base64, which is what the service gives out
 * and what its clients may hold them against. Inside of ours are the 32 digits that we go by.
 * Source: the ids in the answers that the official suites assert.
 */

import { NULL_VERSION, type VersionId } from '../ports/metadata-store.ts'

/** Those of the service have a few characters less where a number in them is smaller. */
const WELL_FORMED = /^CAEQ[A-Za-z0-9+/]{52,60}={0,2}$/

/** What stands before the digits, with their length as its last byte. */
const HEAD: Buffer = Buffer.from('08011001188180808080808080102220', 'hex')

export function formatVersionId(versionId: VersionId): string {
  if (versionId === NULL_VERSION) return versionId
  return Buffer.concat([HEAD, Buffer.from(versionId.toLowerCase())]).toString('base64')
}

/** `undefined` for a text that is no version id. One that we never gave out is one of no version. */
export function parseVersionId(text: string): VersionId | undefined {
  if (text === NULL_VERSION) return NULL_VERSION
  if (!WELL_FORMED.test(text)) return undefined
  const id = Buffer.from(text, 'base64').toString('latin1', HEAD.length).toUpperCase()
  return formatVersionId(id) === text ? id : NEVER_GIVEN_OUT
}

const NEVER_GIVEN_OUT: VersionId = '0'.repeat(32)
