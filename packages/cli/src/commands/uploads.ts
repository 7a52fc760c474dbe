/** `lading uploads`: uploads that were begun and neither completed nor aborted. */

import type { Command } from 'commander'
import { CommandError, usageError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { formatOssUrl, type OssUrl, parseObjectUrl, parseOssUrl } from '../oss-url.ts'
import { formatTime, sizeColumn } from '../output/columns.ts'
import type { OutputEvent } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { formatSize, parseAge, plural } from '../quantities.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'

interface AbortFlags extends ServiceFlags {
  readonly olderThan?: string
  readonly all?: boolean
}

export function addUploads(program: Command, act: Act): void {
  const uploads = program
    .command('uploads')
    .summary('list, look into and abort open uploads')
    .description(
      'Uploads that were begun and neither completed nor aborted. Their parts take space.',
    )

  const ls = uploads
    .command('ls')
    .description('Lists the open uploads. Times are UTC.')
    .argument('<prefix>', 'oss://BUCKET[/PREFIX]')
  addServiceOptions(ls).action(
    act(async (text: string, flags: ServiceFlags) => {
      const url = parseOssUrl(text, 'uploads ls')
      return withService(flags, {}, (service) => printUploads(service, url))
    }),
  )

  const parts = uploads
    .command('parts')
    .description('Lists the parts that the service holds of an upload.')
    .argument('<object>', 'oss://BUCKET/KEY')
    .argument('[upload-id]', 'needed when the object has several open uploads')
  addServiceOptions(parts).action(
    act(async (text: string, uploadId: string | undefined, flags: ServiceFlags) => {
      const url = parseObjectUrl(text, 'uploads parts')
      return withService(flags, {}, (service) => printParts(service, url, uploadId))
    }),
  )

  const abort = uploads
    .command('abort')
    .description('Aborts an upload and frees its parts; or, by age or all, those under a prefix.')
    .argument('<url>', 'oss://BUCKET/KEY, or oss://BUCKET[/PREFIX] with --all or --older-than')
    .argument('[upload-id]', 'needed when the object has several open uploads')
    .option('--older-than <age>', 'every upload begun longer ago than this: 12h, 7d, ...')
    .option('--all', 'every upload, however young')
  addServiceOptions(abort).action(
    act(async (text: string, uploadId: string | undefined, flags: AbortFlags) => {
      const many = flags.all === true || flags.olderThan !== undefined
      if (many && uploadId !== undefined) {
        throw usageError('an upload id and --all or --older-than do not go together')
      }
      const url = parseOssUrl(text, 'uploads abort')
      if (!many && url.key === '') {
        throw usageError(
          `"${text}" names a bucket where an object is wanted`,
          'Name the object, or pass --all or --older-than AGE.',
        )
      }
      const minimumAge =
        flags.olderThan === undefined ? undefined : parseAge('--older-than', flags.olderThan)
      return withService(flags, {}, (service) =>
        many ? abortMany(service, url, minimumAge) : abortOne(service, url, uploadId),
      )
    }),
  )
}

interface OpenUpload {
  readonly key: string
  readonly uploadId: string
  readonly initiated: Date
}

async function printUploads(service: Service, url: OssUrl): Promise<ExitCode> {
  for await (const upload of listUploads(service, url)) {
    const { text, event } = printUpload(url.bucket, upload)
    service.output.result(text, event)
  }
  return exitCodes.ok
}

/** The line of an open upload. */
export function printUpload(
  bucket: string,
  { key, uploadId, initiated }: OpenUpload,
): { readonly text: string; readonly event: OutputEvent } {
  const place = printable(formatOssUrl(bucket, key))
  return {
    text: `${formatTime(initiated)}  ${uploadId}  ${place}`,
    event: { event: 'upload', bucket, key, uploadId, initiated },
  }
}

/** Those under the prefix, oldest of each key first. */
export async function* listUploads(
  { client, signal }: Service,
  { bucket, key: prefix }: OssUrl,
): AsyncGenerator<OpenUpload, void, void> {
  const pages = client.listMultipartUploadsPages({ bucket, prefix }, { signal })
  for await (const { uploads } of pages) yield* uploads
}

/** The upload named, or the only one that the object has. */
async function requireUploadId(
  service: Service,
  url: OssUrl,
  uploadId: string | undefined,
): Promise<string> {
  if (uploadId !== undefined) return uploadId
  const found: string[] = []
  for await (const upload of listUploads(service, url)) {
    if (upload.key === url.key) found.push(upload.uploadId)
  }
  const place = printable(formatOssUrl(url.bucket, url.key))
  const [only] = found
  if (only === undefined) {
    throw new CommandError(exitCodes.notFound, `${place} has no open upload`)
  }
  if (found.length > 1) {
    throw usageError(
      `${place} has ${plural(found.length, 'open upload')}; say which`,
      `They are: ${found.join(', ')}`,
    )
  }
  return only
}

async function printParts(
  service: Service,
  url: OssUrl,
  wanted: string | undefined,
): Promise<ExitCode> {
  const { client, output, signal } = service
  const { bucket, key } = url
  const uploadId = await requireUploadId(service, url, wanted)
  let count = 0
  let bytes = 0
  for await (const { parts } of client.listPartsPages({ bucket, key, uploadId }, { signal })) {
    for (const { partNumber, size, etag, lastModified, hashCrc64ecma } of parts) {
      count += 1
      bytes += size
      output.result(
        `${String(partNumber).padStart(5)}  ${sizeColumn(size)}  ${etag}  ${formatTime(lastModified)}`,
        { event: 'part', partNumber, size, etag, lastModified, hashCrc64ecma },
      )
    }
  }
  output.summary(`${plural(count, 'part')}, ${formatSize(bytes)} in all`)
  return exitCodes.ok
}

async function abortOne(
  service: Service,
  url: OssUrl,
  wanted: string | undefined,
): Promise<ExitCode> {
  const uploadId = await requireUploadId(service, url, wanted)
  await abort(service, url.bucket, url.key, uploadId)
  return exitCodes.ok
}

async function abortMany(
  service: Service,
  url: OssUrl,
  minimumAgeMs: number | undefined,
): Promise<ExitCode> {
  // "All" is not "older than now": the service's clock may be ahead of ours.
  const youngest = minimumAgeMs === undefined ? Infinity : Date.now() - minimumAgeMs
  const { OssError } = await import('@lading/protocol')
  let aborted = 0
  for await (const { key, uploadId, initiated } of listUploads(service, url)) {
    if (initiated.getTime() > youngest) continue
    try {
      await abort(service, url.bucket, key, uploadId)
      aborted += 1
    } catch (error) {
      // It ended by itself since it was listed.
      if (!(error instanceof OssError && error.code === 'NoSuchUpload')) throw error
    }
  }
  service.output.summary(`${plural(aborted, 'upload')} aborted`)
  return exitCodes.ok
}

async function abort(
  { client, output, signal }: Service,
  bucket: string,
  key: string,
  uploadId: string,
): Promise<void> {
  await client.abortMultipartUpload({ bucket, key, uploadId }, { signal })
  output.result(`aborted ${uploadId}  ${printable(formatOssUrl(bucket, key))}`, {
    event: 'upload-aborted',
    bucket,
    key,
    uploadId,
  })
}
