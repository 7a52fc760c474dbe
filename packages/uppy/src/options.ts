/** What the plugin can be told: every default, unit and bound. */

import type { CheckpointStore, UploadClient, UploadOptions } from '@lading/client/upload'
import type { Meta, PluginOpts, UppyFile } from '@uppy/core'

/** What Uppy keeps as the `response.body` of a file that is uploaded; JSON can hold all of it. */
export interface UploadedObject extends Record<string, unknown> {
  readonly bucket: string
  readonly key: string
  readonly etag: string
  /** Unsigned decimal; `undefined` where the service reports none. */
  readonly hashCrc64ecma: string | undefined
  readonly versionId: string | undefined
  /** Bytes. */
  readonly size: number
  /** Of the object; 0 when it was sent in one request. */
  readonly parts: number
  /** Of them, those that the service had before this run. */
  readonly resumedParts: number
  /** What was compared with the service's before the file was called uploaded. */
  readonly verified: readonly ('etag' | 'crc64')[]
}

/** The file as Uppy has it. */
export type OssFile<M extends Meta> = UppyFile<M, UploadedObject>

/** Where a file goes. */
export interface UploadTarget {
  readonly bucket: string
  readonly key: string
}

/** What an upload can be told besides what is the plugin's to say. */
export type FileOptions = Omit<
  UploadOptions,
  'checkpoint' | 'onNotice' | 'onProgress' | 'signal' | 'sourceName' | 'uploadId'
>

export interface OssUploadOptions<M extends Meta = Meta> extends PluginOpts {
  /** Signs by keys, by temporary keys, or by links of your backend. Not closed by the plugin. */
  client: UploadClient
  /**
   * Where a file goes. The same file must come to the same key, or an upload that was interrupted is
   * not found again.
   */
  target: (file: OssFile<M>) => UploadTarget | Promise<UploadTarget>
  /** Part size, parallelism, proof, metadata and the like. Default: the client's, and the file's type. */
  uploadOptions?: FileOptions | ((file: OssFile<M>) => FileOptions)
  /** Files under way at the same time, 1 or more; each sends several parts at a time. Default 3. */
  filesAtATime?: number
  /** Where uploads are remembered from one visit to the next. */
  checkpoint?: CheckpointStore
}
