/** `lading hash`: the sums that the service will have of a file. */

import { createReadStream } from 'node:fs'
import type { ETag } from '@lading/protocol'
import { type Command, Option } from 'commander'
import { usageError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { interruptible } from '../interrupt.ts'
import { isOssUrl } from '../oss-url.ts'
import { Output } from '../output/output.ts'
import type { Act } from '../program.ts'
import { formatSize } from '../quantities.ts'
import { defaultPartSize, readPartSize } from '../transfer/copy-options.ts'
import { requireUploadable } from '../transfer/upload-one.ts'

const types = ['md5', 'crc64', 'etag'] as const

interface HashFlags {
  readonly partSize?: string
  readonly type?: (typeof types)[number]
  readonly json?: boolean
}

interface FileSums {
  /** Bytes. */
  readonly size: number
  /** Hexadecimal, lower case, as md5sum prints it. */
  readonly md5: string
  /** The value of the header of that name. */
  readonly contentMd5: string
  readonly crc64: bigint
  /** That of the object when the file goes up in parts of `partSize`, or in one request if it is no larger. */
  readonly etag: string
  readonly partSize: number
  /** 0 when it goes in one request. */
  readonly parts: number
}

const examples = `
Examples:
  $ lading hash movie.mov --part-size 8M   # compare with: lading stat oss://...
  $ tar c photos | lading hash - --type crc64`

export function addHash(program: Command, act: Act): void {
  program
    .command('hash')
    .summary('compute MD5, CRC-64 and ETag of a file')
    .description(
      'Computes the MD5, the CRC-64 and the ETag that the object of a file has, in one pass. The ETag of an object made of parts depends on their size. No service is asked.',
    )
    .argument('<file>', 'FILE, or - for stdin')
    .option('--part-size <size>', 'of the upload: 8M is 8 MiB (default: 8M)')
    .addOption(new Option('--type <sum>', 'only this one, without its name').choices(types))
    .option('--json', 'one JSON object a line instead of words')
    .addHelpText('after', examples)
    .action(
      act(async (source: string, flags: HashFlags) => {
        const partSize =
          flags.partSize === undefined ? defaultPartSize : readPartSize(flags.partSize)
        if (isOssUrl(source)) {
          throw usageError(
            'hash reads files, and not objects',
            `The service knows the sums of an object: lading stat ${source}`,
          )
        }
        return interruptible((signal) => hash(source, partSize, flags, signal))
      }),
    )
}

async function hash(
  source: string,
  partSize: number,
  { type, json }: HashFlags,
  signal: AbortSignal,
): Promise<ExitCode> {
  if (source !== '-') await requireUploadable(source)
  const input = source === '-' ? process.stdin : createReadStream(source, { signal })
  const sums = await sumsOf(input, partSize, signal)
  const { size, md5, contentMd5, crc64, etag, parts } = sums
  const made = parts === 0 ? 'in one request' : `${parts} x ${formatSize(partSize)}`
  const words =
    type === undefined
      ? [
          `size         ${size} bytes`,
          `md5          ${md5}`,
          `content-md5  ${contentMd5}`,
          `crc64        ${crc64}`,
          `etag         ${etag} (${made})`,
        ].join('\n')
      : String(sums[type])
  new Output({ json }).result(words, { event: 'hash', source, ...sums })
  return exitCodes.ok
}

async function sumsOf(
  input: AsyncIterable<Uint8Array>,
  partSize: number,
  signal: AbortSignal,
): Promise<FileSums> {
  const { formatContentMd5, loadHasher, md5ETag, multipartETag, toHex } = await import(
    '@lading/protocol'
  )
  const [makeHasher, makePartHasher] = await Promise.all([
    loadHasher(),
    loadHasher({ crc64: false }),
  ])
  const whole = makeHasher()
  let part = makePartHasher()
  let inPart = 0
  const etags: ETag[] = []
  const endPart = async (): Promise<void> => {
    etags.push(md5ETag((await part.finish()).md5))
    inPart = 0
  }
  for await (const chunk of input) {
    signal.throwIfAborted()
    for (let from = 0; from < chunk.length; ) {
      if (inPart === partSize) {
        await endPart()
        part = makePartHasher()
      }
      const bytes = chunk.subarray(from, from + partSize - inPart)
      await Promise.all([whole.update(bytes), part.update(bytes)])
      from += bytes.length
      inPart += bytes.length
    }
  }
  if (inPart > 0) await endPart()
  const { size, md5, crc64 = 0n } = await whole.finish()
  const single = size <= partSize
  return {
    size,
    md5: toHex(md5).toLowerCase(),
    contentMd5: formatContentMd5(md5),
    crc64,
    etag: single ? md5ETag(md5) : multipartETag(etags),
    partSize,
    parts: single ? 0 : etags.length,
  }
}
