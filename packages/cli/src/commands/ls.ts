/** `lading ls`: buckets, or what is in one. */

import type { Command } from 'commander'
import { usageError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { formatOssUrl, type OssUrl, parseOssUrl } from '../oss-url.ts'
import { formatTime, sizeColumn } from '../output/columns.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'
import { printUploads } from './uploads.ts'

interface LsFlags extends ServiceFlags {
  readonly recursive?: boolean
  readonly multipart?: boolean
}

const pageSize = 1000

export function addLs(program: Command, act: Act): void {
  const command = program
    .command('ls')
    .summary('list buckets, or objects under a prefix')
    .description(
      'Lists the buckets, or the objects and folders whose keys begin with PREFIX. Times are UTC.',
    )
    .argument('[prefix]', 'oss://BUCKET[/PREFIX]')
    .option('-r, --recursive', 'every object, without folders')
    .option('-m, --multipart', 'open uploads instead of objects')
  addServiceOptions(command).action(
    act(async (url: string | undefined, flags: LsFlags) =>
      withService(flags, {}, (service) => list(service, url, flags)),
    ),
  )
}

async function list(
  service: Service,
  text: string | undefined,
  { recursive = false, multipart = false }: LsFlags,
): Promise<ExitCode> {
  if (text === undefined) {
    if (multipart) throw usageError('-m needs a bucket', 'Try: lading ls -m oss://BUCKET')
    return listBuckets(service)
  }
  const url = parseOssUrl(text, 'ls')
  return multipart ? printUploads(service, url) : listObjects(service, url, recursive)
}

async function listBuckets({ client, output, signal }: Service): Promise<ExitCode> {
  let marker: string | undefined
  do {
    const page = await client.listBuckets({ marker, maxKeys: pageSize }, { signal })
    for (const { name, creationDate, region, storageClass } of page.buckets) {
      output.result(
        `${formatTime(creationDate)}  ${region.padEnd(14)}  ${storageClass.padEnd(10)}  ${formatOssUrl(name)}`,
        { event: 'bucket', name, creationDate, region, storageClass },
      )
    }
    marker = page.isTruncated ? page.nextMarker : undefined
  } while (marker !== undefined)
  return exitCodes.ok
}

async function listObjects(
  { client, output, signal }: Service,
  { bucket, key: prefix }: OssUrl,
  recursive: boolean,
): Promise<ExitCode> {
  const delimiter = recursive ? undefined : '/'
  const pages = client.listObjectsPages(
    { bucket, prefix, delimiter, maxKeys: pageSize },
    { signal },
  )
  for await (const { commonPrefixes, contents } of pages) {
    for (const folder of commonPrefixes) {
      output.result(
        `${' '.repeat(19)}  ${'folder'.padStart(10)}  ${printable(formatOssUrl(bucket, folder))}`,
        { event: 'prefix', bucket, prefix: folder },
      )
    }
    for (const { key, size, lastModified, etag, type, storageClass } of contents) {
      output.result(
        `${formatTime(lastModified)}  ${sizeColumn(size)}  ${printable(formatOssUrl(bucket, key))}`,
        { event: 'object', bucket, key, size, lastModified, etag, type, storageClass },
      )
    }
  }
  return exitCodes.ok
}
