/** The engines of a directory, as they are, or with one step in the wrong order: the controls that must fail. */

import { join } from 'node:path'
import { type DirectoryEngines, openDirectory } from '../../packages/server/src/compose.ts'
import {
  type FileSystem,
  nodeFileSystem,
} from '../../packages/server/src/drivers/files/file-system.ts'
import { FilesBlobStore } from '../../packages/server/src/drivers/files/files-blob-store.ts'
import { openEnvironment } from '../../packages/server/src/drivers/lmdb/environment.ts'
import { nodeEnvironmentFiles } from '../../packages/server/src/drivers/lmdb/environment-files.ts'
import type { BlobStore } from '../../packages/server/src/ports/blob-store.ts'
import type { MaintainedStore } from '../../packages/server/src/ports/maintenance.ts'

export type Variant =
  | 'rename first'
  | 'row before blob'
  | 'collect before commit'
  | 'retry a failed sync'

export async function compose(
  directory: string,
  { now, variant }: { readonly now: () => Date; readonly variant: Variant | undefined },
): Promise<DirectoryEngines> {
  if (variant === 'rename first') await createRenamedFirst(join(directory, 'meta'))
  const engines = await openDirectory(directory, { masterKey: undefined, now })
  if (variant === 'row before blob') return await withRowsFirst(directory, engines)
  if (variant === 'collect before commit') return withCollectionFirst(engines)
  if (variant === 'retry a failed sync') {
    const blobs = await FilesBlobStore.open(join(directory, 'blobs'), { files: syncingTwice() })
    return { ...engines, blobs }
  }
  return engines
}

/** Makes the environment so that it has its name before its bytes are synced. */
async function createRenamedFirst(directory: string): Promise<void> {
  const late: string[] = []
  const { environment } = await openEnvironment(directory, {
    ...nodeEnvironmentFiles,
    async sync(path) {
      if (path.startsWith(`${directory}-new`))
        late.push(path.replace(`${directory}-new`, directory))
      else await nodeEnvironmentFiles.sync(path)
    },
    async rename(from, to) {
      await nodeEnvironmentFiles.rename(from, to)
      for (const path of late) await nodeEnvironmentFiles.sync(path)
    },
  })
  await environment.close()
}

/** Blobs are synced only after the row that names them is committed. */
async function withRowsFirst(
  directory: string,
  engines: DirectoryEngines,
): Promise<DirectoryEngines> {
  const late: (() => Promise<void>)[] = []
  const syncLate = async <Result>(commit: Promise<Result>): Promise<Result> => {
    const result = await commit
    for (const sync of late.splice(0)) await sync()
    return result
  }
  const files: FileSystem = {
    ...nodeFileSystem,
    async createFile(path) {
      const file = await nodeFileSystem.createFile(path)
      return {
        ...file,
        async datasync() {
          late.push(() => file.datasync())
        },
        async close() {
          late.push(() => file.close())
        },
      }
    },
  }
  const blobs = await FilesBlobStore.open(join(directory, 'blobs'), { files })
  const { metadata } = engines
  const commits: Partial<MaintainedStore> = {
    commitPart: (...given) => syncLate(metadata.commitPart(...given)),
    putObject: (...given) => syncLate(metadata.putObject(...given)),
  }
  return { ...engines, blobs, metadata: overriding(metadata, commits) }
}

/** The bytes of a deleted object go before the row does. */
function withCollectionFirst(engines: DirectoryEngines): DirectoryEngines {
  const { blobs, metadata } = engines
  const deletes: Partial<MaintainedStore> = {
    async deleteObject(bucket, key, guard) {
      await deleteBytes(blobs, metadata, bucket, key)
      return await metadata.deleteObject(bucket, key, guard)
    },
  }
  return { ...engines, metadata: overriding(metadata, deletes) }
}

async function deleteBytes(
  blobs: BlobStore,
  metadata: MaintainedStore,
  bucket: string,
  key: string,
): Promise<void> {
  const open = await metadata.openObject(bucket, key)
  if (!open) return
  for await (const { entries } of open.manifest(0)) {
    for (const { blobId } of entries) await blobs.delete(blobId)
  }
  open.release()
}

/** What most programs do about a sync that fails, and what the kernel makes useless. */
function syncingTwice(): FileSystem {
  return {
    ...nodeFileSystem,
    async createFile(path) {
      const file = await nodeFileSystem.createFile(path)
      return { ...file, datasync: () => file.datasync().catch(() => file.datasync()) }
    },
  }
}

/** The same object with some of its methods replaced. */
function overriding<Port extends object>(port: Port, methods: Partial<Port>): Port {
  return new Proxy(port, {
    get(target, name) {
      const own = Reflect.get(methods, name)
      if (own !== undefined) return own
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
