/** The client under Node: connections of its own, files as sources and destinations, checkpoints in files. */

import type { Writable } from 'node:stream'
import { type Download, startDownload } from './downloader/download.ts'
import { fileSink } from './downloader/file-sink.ts'
import { nodeStreamSink } from './downloader/node-stream-sink.ts'
import type { DownloadOptions } from './downloader/options.ts'
import type { ObjectToRead } from './downloader/read-object.ts'
import { type BytesSink, type Sink, webStreamSink } from './downloader/sink.ts'
import type { ClientOptions, TransportOption } from './options.ts'
import { OssClient as PortableOssClient } from './oss-client.ts'
import { type NodeTransportOptions, nodeTransport } from './transport/node.ts'
import type { UploadClient } from './upload-client.ts'
import { fileSource } from './uploader/file-source.ts'
import type { UploadOptions } from './uploader/options.ts'
import type { UploadSource } from './uploader/source.ts'
import { upload as portableUpload, startUpload, type Upload } from './uploader/upload.ts'

export {
  type EcsRoleCredentialsOptions,
  ecsRoleCredentials,
} from './credential-providers/ecs-role.ts'
export { environmentCredentials } from './credential-providers/environment.ts'
export {
  type ProcessCredentialsOptions,
  processCredentials,
} from './credential-providers/process.ts'
export {
  type ProfileCredentialsOptions,
  profileCredentials,
} from './credential-providers/profile.ts'
export type {
  DownloadCheckpoint,
  DownloadCheckpoints,
  DownloadIdentity,
  DownloadSlot,
  KeptRange,
  ReadDownload,
} from './downloader/checkpoint.ts'
export {
  type DownloadCheckpointOptions,
  downloadCheckpoints,
  listDownloads,
} from './downloader/checkpoint-file.ts'
export type {
  AbortDownloadOptions,
  Download,
  DownloadState,
} from './downloader/download.ts'
export type { DownloadOptions, DownloadResult, OnExistingFile } from './downloader/options.ts'
export type { DownloadProgress } from './downloader/progress.ts'
export { type BytesSink, bytesSink } from './downloader/sink.ts'
export * from './index.ts'
export { type NodeTransportOptions, nodeTransport } from './transport/node.ts'
export {
  type FileCheckpointOptions,
  fileCheckpoints,
  listCheckpoints,
} from './uploader/checkpoint-file.ts'
export { fileRange, fileSource } from './uploader/file-source.ts'

export interface NodeClientOptions extends ClientOptions, Partial<TransportOption> {
  /** Milliseconds to establish a connection, TLS included. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** Further settings of the connections; of no effect beside a `transport`. */
  readonly connections?: Omit<NodeTransportOptions, 'connectTimeoutMs'>
}

/** `OssClient` with connections of its own: `close()` it when done, or let them end by themselves. */
export class OssClient extends PortableOssClient {
  constructor({ connectTimeoutMs, connections, transport, ...options }: NodeClientOptions) {
    super({
      ...options,
      transport:
        transport ??
        nodeTransport({
          ...connections,
          ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
        }),
    })
  }
}

/**
 * Uploads `source`, a string being the path of a file, in parts. Starts at once and returns the
 * handle.
 *
 * @throws {TypeError | RangeError} for options that make no sense.
 */
export function upload(
  client: UploadClient,
  source: string | UploadSource,
  target: { readonly bucket: string; readonly key: string },
  options: UploadOptions = {},
): Upload {
  return typeof source === 'string'
    ? startUpload(client, () => fileSource(source), target, options)
    : portableUpload(client, source, target, options)
}

/**
 * Downloads `object` to the file of that path, to a stream, or to memory (`bytesSink()`). Starts at
 * once and returns the handle. A file has its name only when all of it is there and proved; until then
 * it is a temporary one beside, and what was there before stays. A stream has been given the bytes
 * before they can be proved, so wait for `done`, before which it is not ended.
 *
 * @throws {TypeError | RangeError} for options that make no sense.
 */
export function download(
  client: PortableOssClient,
  object: ObjectToRead,
  destination: string | Writable | WritableStream<Uint8Array> | BytesSink,
  options: DownloadOptions = {},
): Download {
  return startDownload(client, object, toSink(destination, options), options)
}

function toSink(
  destination: string | Writable | WritableStream<Uint8Array> | BytesSink,
  { checkpoint, onExists }: DownloadOptions,
): Sink {
  if (typeof destination === 'string') return fileSink(destination, { checkpoint, onExists })
  if (destination instanceof WritableStream) return webStreamSink(destination)
  return 'kind' in destination ? destination : nodeStreamSink(destination)
}
