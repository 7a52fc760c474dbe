/**
 * The server's own drivers, which its package does not show: the comparison servers write through the
 * same one, and the bench takes its writing, or its syncs, away to see what they cost.
 */

export interface BlobDriver {
  write(bytes: AsyncIterable<Uint8Array>): Promise<{ readonly id: string; readonly size: number }>
}

export interface FilesBlobStoreClass {
  readonly prototype: BlobDriver
  open: (directory: string, options?: { readonly syncs?: 'on' | 'off' }) => Promise<BlobDriver>
}

export async function loadFilesBlobStore(): Promise<FilesBlobStoreClass> {
  return (await load('files/files-blob-store.js')).FilesBlobStore as FilesBlobStoreClass
}

export async function loadMemoryBlobStore(): Promise<{ readonly prototype: BlobDriver }> {
  return (await load('memory/memory-blob-store.js')).MemoryBlobStore as { prototype: BlobDriver }
}

/** As much of the port as the bench fills a bucket through. */
export interface MetadataDriver {
  putObject(object: object): Promise<unknown>
  createUpload(upload: object): Promise<unknown>
  close(): Promise<void>
}

export async function loadMetadataStore(): Promise<{
  open: (options: { readonly directory: string }) => Promise<MetadataDriver>
}> {
  const { LmdbMetadataStore } = await load('lmdb/lmdb-metadata-store.js')
  return LmdbMetadataStore as Awaited<ReturnType<typeof loadMetadataStore>>
}

/** The built file, and so the very classes that `@lading/server` uses. */
function load(path: string): Promise<Record<string, unknown>> {
  const entry = import.meta.resolve('@lading/server')
  return import(new URL(`drivers/${path}`, entry).href) as Promise<Record<string, unknown>>
}
