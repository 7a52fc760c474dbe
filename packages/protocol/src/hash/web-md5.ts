/** MD5 for `#hash` where there is no `node:crypto`: a file of its own, because most who load it sign nothing. */

import { md5 as nobleMd5 } from '@noble/hashes/legacy.js'

export function md5(bytes: Uint8Array): Uint8Array {
  return nobleMd5(bytes)
}
