/** The one file that knows every room: which engine keeps what, and who is handed what. */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { loadHasher } from '@lading/protocol'
import { type FindKey, identifyAmong } from './access/identify.ts'
import { DEFAULT_OWNER } from './access/key-file.ts'
import { commonOperations } from './api/common-operations.ts'
import type { OperationContext } from './api/operation.ts'
import { callbackKey, publicHalf } from './callback-key.ts'
import type { Config } from './config.ts'
import { accessLookups } from './http/access-lookups.ts'
import { readBucketSettings } from './http/bucket-settings.ts'
import { makeCallbackSender } from './http/callback-sender.ts'
import { readConsole } from './http/console.ts'
import { CALLBACK_KEY_PATH, type Service } from './http/dispatch.ts'
import { planFaults } from './http/faults.ts'
import type { FreeSpace } from './http/free-space.ts'
import { textReply } from './http/health.ts'
import { type KeyLimits, limitKeys } from './http/key-limits.ts'
import { holdQuotas } from './http/quotas.ts'
import type { PlainBlobs } from './inspect/verify-bytes.ts'
import { openMasterKey } from './master-key.ts'
import type { BlobId, BlobStore } from './ports/blob-store.ts'
import type { MaintainedStore } from './ports/maintenance.ts'
import type { MetadataStore } from './ports/metadata-store.ts'
import { type MasterKeySource, opened } from './store/encryption.ts'
import { createStore, type Store } from './store/store.ts'

/** For whoever owns the process: see `startServer`. */
export { isStrayLmdbRejection } from './drivers/lmdb/commits.ts'

/** The two engines of one server. */
export interface Engines {
  readonly blobs: BlobStore
  readonly metadata: MetadataStore
  /** What the bytes in `blobs` are encrypted under, and those blobs as they were before. */
  readonly masterKeys: MasterKeySource
  readonly plain: PlainBlobs
  /** Closes both; they must not be used afterwards. */
  close(): Promise<void>
}

/** Those of a data directory, which can be looked after as well. */
export interface DirectoryEngines extends Engines {
  readonly metadata: MaintainedStore
}

/** Opens what keeps the data. Engines are loaded only when they are the ones chosen. */
export async function openEngines({
  data,
  masterKey: given,
  now,
  patientNow,
}: Pick<Config, 'data' | 'masterKey' | 'now' | 'patientNow'>): Promise<Engines> {
  if (data === 'memory') {
    const [{ MemoryBlobStore }, { MemoryMetadataStore }] = await Promise.all([
      import('./drivers/memory/memory-blob-store.ts'),
      import('./drivers/memory/memory-metadata-store.ts'),
    ])
    const masterKeys = openMasterKey({ given, directory: undefined })
    return pair(new MemoryBlobStore({ now }), new MemoryMetadataStore({ now }), masterKeys)
  }
  return await openDirectory(data.directory, { masterKey: given, now, patientNow })
}

/** The engines of a data directory, which is made if it is missing. */
export async function openDirectory(
  directory: string,
  {
    masterKey: given,
    now,
    patientNow = now,
  }: Pick<Config, 'masterKey' | 'now'> & Partial<Pick<Config, 'patientNow'>>,
): Promise<DirectoryEngines> {
  const [{ FilesBlobStore }, { LmdbMetadataStore }] = await Promise.all([
    import('./drivers/files/files-blob-store.ts'),
    import('./drivers/lmdb/lmdb-metadata-store.ts'),
  ])
  await mkdir(directory, { recursive: true, mode: 0o700 })
  // Metadata first: it is what refuses a directory of another format.
  const metadata = await LmdbMetadataStore.open({
    directory: join(directory, 'meta'),
    now,
    patientNow,
  })
  try {
    const blobs = await FilesBlobStore.open(join(directory, 'blobs'), {
      small: metadata.smallBlobs,
    })
    return pair(blobs, metadata, openMasterKey({ given, directory }))
  } catch (error) {
    await metadata.close()
    throw error
  }
}

/** Copies blobs from one data directory to another. */
export async function copyBlobsOf(
  from: string,
  to: string,
): Promise<{
  copy(id: BlobId): Promise<{ readonly size: number; readonly kept: boolean } | undefined>
  finish(): Promise<void>
}> {
  const { BlobCopier } = await import('./drivers/files/copy-blobs.ts')
  return new BlobCopier(join(from, 'blobs'), join(to, 'blobs'))
}

function pair<Metadata extends MetadataStore>(
  blobs: BlobStore,
  metadata: Metadata,
  masterKeys: MasterKeySource,
): Engines & { readonly metadata: Metadata } {
  return {
    blobs,
    metadata,
    masterKeys,
    plain: (encryption) => opened(blobs, masterKeys, encryption),
    async close() {
      // Blobs first, so that nothing is written any more that would want a row.
      try {
        await blobs.close()
      } finally {
        await metadata.close()
      }
    },
  }
}

export interface Composition {
  readonly store: Store
  readonly service: Service
}

/** What serves requests out of `engines`. `address` and `ready` are asked when a request needs them. */
export async function composeService(
  config: Config,
  engines: Engines,
  options: {
    /** Asked for each request: the first pair may be made only once the port is ours. */
    readonly findKey: FindKey
    /** Host and port that others reach the server by. */
    readonly address: () => string
    readonly ready: () => boolean
    readonly space: FreeSpace
  },
): Promise<Composition> {
  const { now, patientNow, region, baseHosts, cnames } = config
  const { blobs, metadata, masterKeys } = engines
  const { findKey, address, ready, space } = options
  const store = createStore({
    blobs,
    metadata,
    masterKeys,
    makeHasher: await loadHasher(),
    now,
    patientNow,
  })
  const key = callbackKey(config.data === 'memory' ? undefined : config.data.directory)
  const context: OperationContext = {
    store,
    restoreMs: config.restoreMs,
    sendCallback: makeCallbackSender({
      hosts: config.callbackHosts,
      key,
      keyUrl: () => `${config.tls ? 'https' : 'http'}://${address()}${CALLBACK_KEY_PATH}`,
    }),
    identify: identifyAmong(findKey, now),
    profile: {
      region,
      // Clients go where these say, and that must not be the real service.
      get extranetEndpoint() {
        return config.extranetEndpoint ?? address()
      },
      get intranetEndpoint() {
        return config.intranetEndpoint ?? address()
      },
      describeOwner(owner) {
        const { id, displayName = id } = owner === DEFAULT_OWNER ? config.owner : { id: owner }
        return { id, displayName }
      },
    },
  }
  const service: Service = {
    operations: commonOperations,
    loadOperations: async () => (await import('./api/operations.ts')).operations,
    context,
    addresses: { baseHosts, cnames },
    findBucket: (name) => store.findBucket(name),
    access: accessLookups(context),
    settings: readBucketSettings(store),
    faults: planFaults(config.faults, config.faultSeed),
    limits: limitKeys((id) => configuredLimits(config.limits, id), now),
    space,
    quotas: holdQuotas(store, config.bucketQuota),
    callbackKey: async () => textReply(publicHalf(await key())),
    console: config.console && (await readConsole(config.console.directory)),
    now,
    ready,
  }
  return { store, service }
}

/** The same object for a key each time, by which its use is counted. */
function configuredLimits(
  { keys, everyKey, anonymous }: Config['limits'],
  accessKeyId: string | undefined,
): KeyLimits | undefined {
  if (accessKeyId === undefined) return anonymous
  return Object.hasOwn(keys, accessKeyId) ? keys[accessKeyId] : everyKey
}
