/** `lading du`: how much a bucket or a folder holds. */

import type { Command } from 'commander'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { formatOssUrl, type OssUrl, parseOssUrl } from '../oss-url.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { formatSize, plural } from '../quantities.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'
import { listFolder } from '../transfer/list-folder.ts'
import { listVersions } from '../transfer/list-versions.ts'
import { listUploads } from './uploads.ts'

interface DuFlags extends ServiceFlags {
  readonly bytes?: boolean
  readonly allVersions?: boolean
  readonly uploads?: boolean
}

const examples = `
Examples:
  $ lading du oss://films
  $ lading du oss://films/raw --uploads --bytes`

export function addDu(program: Command, act: Act): void {
  const command = program
    .command('du')
    .summary('add up what a bucket or a folder holds')
    .description(
      'Adds up the objects of a bucket or a folder, by storage class. It lists them all: a request for each thousand.',
    )
    .argument('<folder>', 'oss://BUCKET[/FOLDER]')
    .option('-b, --bytes', 'sizes in bytes')
    .option('--all-versions', 'earlier versions too')
    .option('--uploads', 'the parts of open uploads too, which take space as well')
  addServiceOptions(command)
    .addHelpText('after', examples)
    .action(
      act(async (text: string, flags: DuFlags) => {
        const url = parseOssUrl(text, 'du')
        return withService(flags, {}, (service) => addUp(service, url, flags))
      }),
    )
}

interface Sum {
  readonly count: number
  readonly bytes: number
}

const nothing: Sum = { count: 0, bytes: 0 }

async function addUp(service: Service, url: OssUrl, flags: DuFlags): Promise<ExitCode> {
  const classes = new Map<string, Sum>()
  let total = nothing
  for await (const { size, storageClass } of objectsOf(service, url, flags)) {
    classes.set(storageClass, plus(classes.get(storageClass) ?? nothing, size))
    total = plus(total, size)
  }
  const uploads = flags.uploads ? await partsUnder(service, url) : undefined
  const noun = flags.allVersions ? 'version' : 'object'
  const line = ({ count, bytes }: Sum, noun: string, of: string): string => {
    const size = flags.bytes ? `${bytes} B` : formatSize(bytes)
    return `${size.padStart(14)}  ${plural(count, noun)}${of}`
  }
  const place = printable(formatOssUrl(url.bucket, url.key))
  const lines = [
    ...[...classes].sort().map(([name, sum]) => line(sum, noun, ` of ${name}`)),
    ...(uploads ? [line(uploads, 'part', ' of open uploads')] : []),
    line(total, noun, ` in ${place}`),
  ]
  service.output.result(lines.join('\n'), {
    event: 'usage',
    bucket: url.bucket,
    prefix: url.key,
    ...total,
    classes: Object.fromEntries(classes),
    uploads,
  })
  return exitCodes.ok
}

interface Sized {
  readonly size: number
  readonly storageClass: string
}

async function* objectsOf(
  service: Service,
  url: OssUrl,
  { allVersions }: DuFlags,
): AsyncGenerator<Sized, void, void> {
  if (!allVersions) {
    yield* listFolder(service, url)
    return
  }
  for await (const version of listVersions(service, url)) {
    if (version.kind === 'object') yield version
  }
}

async function partsUnder(service: Service, url: OssUrl): Promise<Sum> {
  const { client, signal } = service
  let sum = nothing
  for await (const { key, uploadId } of listUploads(service, url)) {
    const upload = { bucket: url.bucket, key, uploadId }
    for await (const { parts } of client.listPartsPages(upload, { signal })) {
      for (const { size } of parts) sum = plus(sum, size)
    }
  }
  return sum
}

function plus({ count, bytes }: Sum, size: number): Sum {
  return { count: count + 1, bytes: bytes + size }
}
