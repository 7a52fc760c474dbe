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
import type { LmdbMetadataStore } from './drivers/lmdb/lmdb-metadata-store.ts'
import type { SmallBlobs } from './drivers/small-blobs.ts'
import type { RemoteEngine } from './engine-watch.ts'
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
import { loadPeer } from './load-peer.ts'
import { openMasterKey } from './master-key.ts'
import type { MoveDependencies } from './migrate/move-store.ts'
import type { BlobId, BlobStore } from './ports/blob-store.ts'
import { type Leases, noOtherServers } from './ports/leases.ts'
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
  /** The clock of the metadata, where that is one for all who share it. */
  readonly now?: (() => Date) | undefined
  /** Who of the servers that share the metadata does what one of them is enough for. */
  readonly leases: Leases
  /** Those that are not in this process. */
  readonly remote: readonly RemoteEngine[]
  /** Closes both; they must not be used afterwards. */
  close(): Promise<void>
}

/** Those of a data directory, which can be looked after as well. */
export interface DirectoryEngines extends Engines {
  readonly metadata: MaintainedStore
}

/** Which engines there are to be, and by what clocks. */
type EngineChoice = Pick<Config, 'data' | 'masterKey' | 'now' | 'patientNow'> &
  Partial<Pick<Config, 'metadata' | 'blobs'>>

/** Opens what keeps the data. Engines are loaded only when they are the ones chosen. */
export async function openEngines(choice: EngineChoice): Promise<Engines> {
  const { data, masterKey: given } = choice
  const directory = data === 'memory' ? undefined : data.directory
  if (directory !== undefined) await mkdir(directory, { recursive: true, mode: 0o700 })
  // Metadata first: it is what refuses a directory of another format.
  const metadata = await openMetadata(choice)
  try {
    const blobs = await openBlobs(choice, metadata.small)
    return {
      ...pair(blobs.store, metadata.store, openMasterKey({ given, directory })),
      now: metadata.now,
      ...(metadata.leases && { leases: metadata.leases }),
      remote: [...metadata.remote, ...blobs.remote],
    }
  } catch (error) {
    await metadata.store.close()
    throw error
  }
}

interface OpenMetadata {
  readonly store: MetadataStore
  readonly now?: (() => Date) | undefined
  readonly leases?: Leases | undefined
  readonly small?: SmallBlobs | undefined
  readonly remote: readonly RemoteEngine[]
}

async function openMetadata(choice: EngineChoice): Promise<OpenMetadata> {
  const { data, metadata: url, now, patientNow } = choice
  if (url !== undefined) {
    const { PostgresMetadataStore } = await loadPeer(
      'pg',
      () => import('./drivers/postgres/postgres-metadata-store.ts'),
    )
    // One clock for all gateways, unless a test has brought its own for all of the server.
    const own = now === patientNow ? now : undefined
    const store = await PostgresMetadataStore.open({ url, now: own })
    const remote = [{ name: 'database', probe: () => store.probe() }]
    return { store, now: store.now, leases: store.leases, remote }
  }
  if (data === 'memory') {
    const { MemoryMetadataStore } = await import('./drivers/memory/memory-metadata-store.ts')
    return { store: new MemoryMetadataStore({ now }), remote: [] }
  }
  const store = await openLmdb(data.directory, { now, patientNow })
  return { store, small: choice.blobs === undefined ? store.smallBlobs : undefined, remote: [] }
}

async function openBlobs(
  { data, blobs: address, now }: EngineChoice,
  small: SmallBlobs | undefined,
): Promise<{ readonly store: BlobStore; readonly remote: readonly RemoteEngine[] }> {
  if (address !== undefined) {
    const { S3BlobStore } = await loadPeer(
      '@aws-sdk/client-s3',
      () => import('./drivers/s3/s3-blob-store.ts'),
    )
    const store = await S3BlobStore.open({ address })
    return { store, remote: [{ name: 'engine of bytes', probe: () => store.probe() }] }
  }
  if (data === 'memory') {
    const { MemoryBlobStore } = await import('./drivers/memory/memory-blob-store.ts')
    return { store: new MemoryBlobStore({ now }), remote: [] }
  }
  return { store: await openFiles(data.directory, small), remote: [] }
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
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const metadata = await openLmdb(directory, { now, patientNow })
  try {
    const blobs = await openFiles(directory, metadata.smallBlobs)
    return pair(blobs, metadata, openMasterKey({ given, directory }))
  } catch (error) {
    await metadata.close()
    throw error
  }
}

async function openLmdb(
  directory: string,
  clocks: Pick<Config, 'now' | 'patientNow'>,
): Promise<LmdbMetadataStore> {
  const { LmdbMetadataStore: Store } = await import('./drivers/lmdb/lmdb-metadata-store.ts')
  return await Store.open({ directory: join(directory, 'meta'), ...clocks })
}

async function openFiles(directory: string, small: SmallBlobs | undefined): Promise<BlobStore> {
  const { FilesBlobStore } = await import('./drivers/files/files-blob-store.ts')
  return await FilesBlobStore.open(join(directory, 'blobs'), small ? { small } : {})
}

/** The engines of a migration: those that a data directory has, and those that gateways share. */
export interface MigrationEngines {
  readonly source: MoveDependencies['source']
  /** Opened when it is first asked for: whoever only counts needs none. */
  readonly openTarget: () => Promise<MoveDependencies['target']>
  /** Closes all that was opened. */
  close(): Promise<void>
}

/** @throws {Error} the directory's metadata cannot be opened safely. */
export async function openMigration(
  directory: string,
  { metadata: url, blobs: address }: { readonly metadata: string; readonly blobs: string },
  { masterKey: given }: Pick<Config, 'masterKey'>,
): Promise<MigrationEngines> {
  const closing: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const closeOne of closing.splice(0).reverse()) await closeOne()
  }
  try {
    const { openExport } = await import('./drivers/lmdb/export.ts')
    const rows = await openExport(join(directory, 'meta'))
    closing.push(() => rows.close())
    const blobs = await openFiles(directory, rows.smallBlobs)
    closing.push(() => blobs.close())
    const source = { rows, blobs, masterKeys: openMasterKey({ given, directory }) }
    return {
      source,
      close,
      async openTarget() {
        const { PostgresImport } = await loadPeer(
          'pg',
          () => import('./drivers/postgres/postgres-import.ts'),
        )
        const { PostgresMetadataStore } = await import(
          './drivers/postgres/postgres-metadata-store.ts'
        )
        const { S3BlobStore } = await loadPeer(
          '@aws-sdk/client-s3',
          () => import('./drivers/s3/s3-blob-store.ts'),
        )
        const into = await PostgresImport.open({ url })
        closing.push(() => into.close())
        const store = await S3BlobStore.open({ address })
        closing.push(() => store.close())
        return {
          rows: into,
          blobs: store,
          open: () => PostgresMetadataStore.open({ url, unfinished: true }),
        }
      },
    }
  } catch (error) {
    await close()
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
    leases: noOtherServers,
    remote: [],
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
