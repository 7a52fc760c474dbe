/** `lading bench`: how fast a service is from here. */

import { randomFillSync, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { download, type RangeSource, upload } from '@lading/client/node'
import type { Command } from 'commander'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { formatOssUrl, type OssUrl, parseOssUrl } from '../oss-url.ts'
import type { Act } from '../program.ts'
import { formatSize, parseCount, parseSize } from '../quantities.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'
import { defaultPartSize, readPartSize } from '../transfer/copy-options.ts'
import { folderPrefix } from '../transfer/list-folder.ts'

interface BenchFlags extends ServiceFlags {
  readonly size: string
  readonly partSize?: string
  readonly parallel?: string
  readonly progress: boolean
}

const examples = `
Examples:
  $ lading bench oss://films
  $ lading bench oss://films/tmp --size 1G --parallel 16 --part-size 32M`

export function addBench(program: Command, act: Act): void {
  const command = program
    .command('bench')
    .summary('measure how fast a service is from here')
    .description(
      'Sends an object of random bytes in parts, fetches it again, proves both, and removes it. It takes space and traffic as any other object does.',
    )
    .argument('<folder>', 'oss://BUCKET[/FOLDER]: where the object is put meanwhile')
    .option('--size <size>', 'of the object', '256M')
    .option('--part-size <size>', '100K to 5G: 8M is 8 MiB (default: 8M)')
    .option('--parallel <number>', 'parts at a time (default: as an upload)')
    .option('--no-progress', 'without a progress bar')
  addServiceOptions(command)
    .addHelpText('after', examples)
    .action(
      act(async (text: string, flags: BenchFlags) => {
        const url = parseOssUrl(text, 'bench')
        const { parallel, partSize } = flags
        const plan: Plan = {
          size: parseSize('--size', flags.size),
          partSize: partSize === undefined ? defaultPartSize : readPartSize(partSize),
          ...(parallel !== undefined && {
            parallel: parseCount('--parallel', parallel, { min: 1, max: 256 }),
          }),
        }
        return withService(flags, { progress: flags.progress }, (service) =>
          measure(service, url, plan),
        )
      }),
    )
}

interface Plan {
  /** Bytes. */
  readonly size: number
  /** Bytes. */
  readonly partSize: number
  readonly parallel?: number
}

async function measure(service: Service, url: OssUrl, plan: Plan): Promise<ExitCode> {
  const { client, output } = service
  const { bucket } = url
  const prefix = url.key === '' ? '' : folderPrefix(url.key)
  const object = { bucket, key: `${prefix}lading-bench-${randomUUID()}` }
  const directory = await mkdtemp(join(tmpdir(), 'lading-bench-'))
  try {
    const requestMs = await timeRequests(service, object)
    const sent = await timeUpload(service, object, plan)
    const received = await timeDownload(service, object, plan, join(directory, 'object'))
    const { size } = plan
    const facts = {
      requestMs,
      uploadMs: sent.ms,
      downloadMs: received.ms,
      repeated: sent.repeated + received.repeated,
    }
    output.result(
      [
        `one request  ${requestMs.toFixed(1)} ms (HeadObject, the median of ${requestRounds})`,
        `upload       ${rateOf(size, sent.ms)}, ${formatSize(size)} in parts of ${formatSize(plan.partSize)}`,
        `download     ${rateOf(size, received.ms)}`,
        `repeated     ${facts.repeated} requests`,
      ].join('\n'),
      { event: 'bench', bucket, size, partSize: plan.partSize, ...facts },
    )
    return exitCodes.ok
  } finally {
    await rm(directory, { recursive: true, force: true })
    // Also after Ctrl-C: nobody would know of it.
    await client.deleteObject(object).catch(() => {
      output.note(`lading: it may still be there: ${formatOssUrl(bucket, object.key)}`)
    })
  }
}

const requestRounds = 10

/** Milliseconds of a request that moves no bytes: of one for an object that is not there. */
async function timeRequests({ client, signal }: Service, object: Target): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < requestRounds; round += 1) {
    const began = performance.now()
    await client.headObject(object, { signal }).catch((error: unknown) => {
      if ((error as { status?: number }).status !== 404) throw error
    })
    times.push(performance.now() - began)
  }
  return times.sort((one, other) => one - other)[requestRounds / 2] ?? 0
}

interface Target {
  readonly bucket: string
  readonly key: string
}

interface Taken {
  readonly ms: number
  /** Requests. */
  readonly repeated: number
}

async function timeUpload(
  { client, output, signal }: Service,
  target: Target,
  { size, ...plan }: Plan,
): Promise<Taken> {
  const progress = output.startProgress('upload', size)
  const began = performance.now()
  let repeated = 0
  const uploading = upload(client, randomSource(size), target, {
    ...plan,
    signal,
    onProgress: ({ loaded }) => progress.update(loaded),
    onRetry: () => {
      repeated += 1
    },
  })
  try {
    await uploading.done
  } catch (error) {
    await uploading.abort()
    throw error
  }
  progress.stop()
  return { ms: performance.now() - began, repeated }
}

async function timeDownload(
  { client, output, signal }: Service,
  object: Target,
  { size, ...plan }: Plan,
  path: string,
): Promise<Taken> {
  const progress = output.startProgress('download', size)
  const began = performance.now()
  let repeated = 0
  const downloading = download(client, object, path, {
    ...plan,
    signal,
    onProgress: ({ loaded }) => progress.update(loaded),
    onRetry: () => {
      repeated += 1
    },
  })
  await downloading.done
  progress.stop()
  return { ms: performance.now() - began, repeated }
}

/** Bytes that do not compress, without holding them: one block, which each stretch begins elsewhere. */
function randomSource(size: number): RangeSource {
  const block = randomFillSync(new Uint8Array(1024 * 1024))
  return {
    kind: 'ranges',
    size,
    identity: undefined,
    async requireUnchanged() {},
    async close() {},
    async readInto(chunk, offset) {
      for (let at = 0; at < chunk.length; ) {
        const from = (offset + at) % block.length
        const piece = block.subarray(from, from + Math.min(block.length - from, chunk.length - at))
        chunk.set(piece, at)
        at += piece.length
      }
    },
  }
}

function rateOf(size: number, ms: number): string {
  return `${formatSize(Math.round((size / Math.max(ms, 1)) * 1000))}/s`
}
