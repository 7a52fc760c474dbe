/** What the store works with. */

import type { MakeHasher } from '@lading/protocol'
import type { BlobStore } from '../ports/blob-store.ts'
import type { MetadataStore } from '../ports/metadata-store.ts'
import type { MasterKeySource } from './encryption.ts'

export interface StoreDependencies {
  readonly blobs: BlobStore
  readonly metadata: MetadataStore
  /** Makes hashers that take the CRC-64 beside the MD5. */
  readonly makeHasher: MakeHasher
  /** What objects are encrypted under, where that is asked for. */
  readonly masterKeys: MasterKeySource
  readonly now: () => Date
  /** By which things are old enough to be ended; never ahead of `now`. Default: `now`. */
  readonly patientNow?: (() => Date) | undefined
}
