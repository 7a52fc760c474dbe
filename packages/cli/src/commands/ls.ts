/** `lading ls`: buckets, or what is in one. */

import type { Command } from 'commander'
import { usageError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { formatOssUrl, type OssUrl, parseOssUrl } from '../oss-url.ts'
import { bytesColumn, formatTime, sizeColumn } from '../output/columns.ts'
import type { OutputEvent } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { parseCount } from '../quantities.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'
import { listVersions } from '../transfer/list-versions.ts'
import { listUploads, printUpload } from './uploads.ts'

interface LsFlags extends ServiceFlags {
  readonly recursive?: boolean
  readonly multipart?: boolean
  readonly allVersions?: boolean
  readonly long?: boolean
  readonly short?: boolean
  readonly bytes?: boolean
  readonly limit?: string
}

const pageSize = 1000

const examples = `
Examples:
  $ lading ls
  $ lading ls oss://films/2026/
  $ lading ls -rs oss://films | grep mov     # addresses alone, for a pipe
  $ lading ls -rl --bytes oss://films/raw`

export function addLs(program: Command, act: Act): void {
  const command = program
    .command('ls')
    .summary('list buckets, or objects under a prefix')
    .description(
      'Lists the buckets, or the objects and folders whose keys begin with PREFIX. Times are UTC.',
    )
    .argument('[prefix]', 'oss://BUCKET[/PREFIX]')
    .option('-r, --recursive', 'every object, without folders')
    .option('-l, --long', 'with storage class, type and ETag')
    .option('-s, --short', 'addresses alone')
    .option('-b, --bytes', 'sizes in bytes')
    .option('-m, --multipart', 'open uploads instead of objects')
    .option('--all-versions', 'with -r: every version and delete marker too')
    .option('--limit <number>', 'no more than so many')
  addServiceOptions(command)
    .addHelpText('after', examples)
    .action(
      act(async (text: string | undefined, flags: LsFlags) => {
        const url = text === undefined ? undefined : parseOssUrl(text, 'ls')
        if (flags.multipart && !url) {
          throw usageError('-m needs a bucket', 'Try: lading ls -m oss://BUCKET')
        }
        if (flags.allVersions && !(url && flags.recursive)) {
          throw usageError(
            '--all-versions needs a bucket and -r',
            'Try: lading ls -r --all-versions oss://BUCKET',
          )
        }
        const limit =
          flags.limit === undefined
            ? Infinity
            : parseCount('--limit', flags.limit, { min: 1, max: 999_999_999 })
        return withService(flags, {}, (service) => list(service, url, flags, limit))
      }),
    )
}

/** One line, in its three forms. */
interface Line {
  readonly text: string
  readonly short: string
  readonly event: OutputEvent
}

async function list(
  service: Service,
  url: OssUrl | undefined,
  flags: LsFlags,
  limit: number,
): Promise<ExitCode> {
  let count = 0
  for await (const { text, short, event } of linesOf(service, url, flags)) {
    service.output.result(flags.short ? short : text, event)
    count += 1
    if (count === limit) break
  }
  return exitCodes.ok
}

function linesOf(
  service: Service,
  url: OssUrl | undefined,
  flags: LsFlags,
): AsyncGenerator<Line, void, void> {
  if (!url) return bucketLines(service)
  if (flags.multipart) return uploadLines(service, url)
  return flags.allVersions ? versionLines(service, url, flags) : objectLines(service, url, flags)
}

async function* bucketLines({ client, signal }: Service): AsyncGenerator<Line, void, void> {
  let marker: string | undefined
  do {
    const page = await client.listBuckets({ marker, maxKeys: pageSize }, { signal })
    for (const { name, creationDate, region, storageClass } of page.buckets) {
      const short = formatOssUrl(name)
      yield {
        text: `${formatTime(creationDate)}  ${region.padEnd(14)}  ${storageClass.padEnd(10)}  ${short}`,
        short,
        event: { event: 'bucket', name, creationDate, region, storageClass },
      }
    }
    marker = page.isTruncated ? page.nextMarker : undefined
  } while (marker !== undefined)
}

async function* uploadLines(service: Service, url: OssUrl): AsyncGenerator<Line, void, void> {
  for await (const upload of listUploads(service, url)) {
    const { text, event } = printUpload(url.bucket, upload)
    yield { text, short: printable(formatOssUrl(url.bucket, upload.key)), event }
  }
}

async function* objectLines(
  { client, signal }: Service,
  { bucket, key: prefix }: OssUrl,
  flags: LsFlags,
): AsyncGenerator<Line, void, void> {
  const delimiter = flags.recursive ? undefined : '/'
  const pages = client.listObjectsPages(
    { bucket, prefix, delimiter, maxKeys: pageSize },
    { signal },
  )
  for await (const { commonPrefixes, contents } of pages) {
    for (const folder of commonPrefixes) {
      const short = printable(formatOssUrl(bucket, folder))
      const blanks = ' '.repeat(flags.long ? longWidth : 0)
      yield {
        text: `${' '.repeat(19)}  ${'folder'.padStart(columnWidth(flags))}  ${blanks}${short}`,
        short,
        event: { event: 'prefix', bucket, prefix: folder },
      }
    }
    for (const object of contents) {
      const { key, size, lastModified, etag, type, storageClass } = object
      const short = printable(formatOssUrl(bucket, key))
      yield {
        text: `${formatTime(lastModified)}  ${sizeOf(object, flags)}  ${longOf(object, flags)}${short}`,
        short,
        event: { event: 'object', bucket, key, size, lastModified, etag, type, storageClass },
      }
    }
  }
}

async function* versionLines(
  service: Service,
  url: OssUrl,
  flags: LsFlags,
): AsyncGenerator<Line, void, void> {
  const { bucket } = url
  for await (const version of listVersions(service, url)) {
    const { kind, key, versionId, isLatest, lastModified } = version
    const short = printable(formatOssUrl(bucket, key))
    const size = kind === 'object' ? sizeOf(version, flags) : 'deleted'.padStart(columnWidth(flags))
    const known = kind === 'object' ? { size: version.size, etag: version.etag } : {}
    yield {
      text: `${formatTime(lastModified)}  ${size}  ${versionId.padEnd(36)}  ${isLatest ? '*' : ' '} ${short}`,
      short,
      event: { event: 'version', kind, bucket, key, versionId, isLatest, lastModified, ...known },
    }
  }
}

function sizeOf({ size }: { readonly size: number }, { bytes }: LsFlags): string {
  return bytes ? bytesColumn(size) : sizeColumn(size)
}

function columnWidth({ bytes }: LsFlags): number {
  return bytes ? 16 : 10
}

const classWidth = 10
const typeWidth = 10
const etagWidth = 38
const longWidth = classWidth + typeWidth + etagWidth + 6

function longOf(
  {
    storageClass,
    type,
    etag,
  }: { readonly storageClass: string; readonly type: string; readonly etag: string },
  { long }: LsFlags,
): string {
  if (!long) return ''
  const columns = [storageClass.padEnd(classWidth), type.padEnd(typeWidth), etag.padEnd(etagWidth)]
  return `${columns.join('  ')}  `
}
