/** `lading presign`: a URL that carries its own signature. */

import { MAX_PRESIGN_SECONDS } from '@lading/protocol'
import { type Command, Option } from 'commander'
import { usageError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type OssUrl, parseObjectUrl } from '../oss-url.ts'
import { formatTime } from '../output/columns.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { parseAge, parseCount } from '../quantities.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'

const methods = ['GET', 'PUT', 'HEAD', 'DELETE'] as const

/** What an answer can be made to say instead of what the object was stored with. */
const answerHeaders = {
  responseContentType: 'content-type',
  responseContentDisposition: 'content-disposition',
  responseContentEncoding: 'content-encoding',
  responseContentLanguage: 'content-language',
  responseCacheControl: 'cache-control',
  responseExpires: 'expires',
} as const

type AnswerFlags = Readonly<Partial<Record<keyof typeof answerHeaders, string>>>

interface PresignFlags extends ServiceFlags, AnswerFlags {
  readonly method?: (typeof methods)[number]
  readonly expires: string
  readonly uploadId?: string
  readonly partNumber?: string
  readonly versionId?: string
  readonly contentType?: string
}

const examples = `
Examples:
  $ lading presign oss://films/movie.mov --expires 7d
  $ curl --upload-file a.mov "$(lading presign oss://films/a.mov --method PUT)"
  $ lading presign oss://films/a.mov --response-content-disposition attachment`

export function addPresign(program: Command, act: Act): void {
  const command = program
    .command('presign')
    .summary('make a URL that anybody can use for a while')
    .description(
      'Prints a URL that whoever has it may use, until it expires, as if they had your keys. The service is not asked: a URL is made for what does not exist as well.',
    )
    .argument('<object>', 'oss://BUCKET/KEY')
    .addOption(new Option('--method <method>', 'default: GET; PUT of a part').choices(methods))
    .option('--expires <age>', 'from now: 600, 30m, 12h; at most 7d with v4', '1h')
    .option('--upload-id <id>', 'with --part-number: for a part of this upload')
    .option('--part-number <number>', '1 to 10000')
    .option('--version-id <id>', 'that version of the object')
    .option('--content-type <type>', 'what must be sent with a PUT')
  for (const [flag, header] of Object.entries(answerHeaders)) {
    const described = flag === 'responseContentType' ? 'what the answer is to say instead' : ''
    command.option(`--response-${header} <v>`, described)
  }
  addServiceOptions(command)
    .addHelpText('after', examples)
    .action(
      act(async (text: string, flags: PresignFlags) => {
        const url = parseObjectUrl(text, 'presign')
        const expiresInSeconds = readExpires(flags.expires)
        const part = readPart(flags)
        return withService(flags, {}, (service) =>
          presign(service, url, { flags, expiresInSeconds, part }),
        )
      }),
    )
}

interface Part {
  readonly uploadId: string
  readonly partNumber: number
}

interface Wish {
  readonly flags: PresignFlags
  readonly expiresInSeconds: number
  readonly part: Part | undefined
}

async function presign(
  { client, settings, output, signal }: Service,
  { bucket, key }: OssUrl,
  { flags, expiresInSeconds, part }: Wish,
): Promise<ExitCode> {
  if (settings.signatureVersion === 'v4' && expiresInSeconds > MAX_PRESIGN_SECONDS) {
    throw usageError(
      `--expires: a URL signed with v4 lives 7 days at most, and not ${flags.expires}`,
      'Pass --sign-version v1 if it must live longer.',
    )
  }
  const { method = part ? 'PUT' : 'GET', contentType } = flags
  const { url, headers, expiration } = await client.presign(
    {
      bucket,
      key,
      method,
      expiresInSeconds,
      ...part,
      query: queryOf(flags),
      ...(contentType !== undefined && { headers: { 'content-type': contentType } }),
    },
    { signal },
  )
  const event = { event: 'presigned', bucket, key, method, url, headers, expiration, ...part }
  output.result(url, event)
  if (output.json) return exitCodes.ok
  const needed = Object.entries(headers).map(([name, value]) => `${name}: ${printable(value)}`)
  const sent = needed.length === 0 ? '' : `; to be sent with ${needed.join(', ')}`
  output.note(`${method}, until ${formatTime(expiration)} UTC${sent}`)
  return exitCodes.ok
}

function queryOf(flags: PresignFlags): Record<string, string> {
  const answers = Object.entries(answerHeaders).flatMap(([flag, header]) => {
    const value = flags[flag as keyof AnswerFlags]
    return value === undefined ? [] : [[`response-${header}`, value] as const]
  })
  const { versionId } = flags
  return Object.fromEntries(
    versionId === undefined ? answers : [...answers, ['versionId', versionId] as const],
  )
}

/** Seconds; plain digits are seconds already, as ossutil 1 has it. */
function readExpires(text: string): number {
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : parseAge('--expires', text) / 1000
  if (seconds > 0) return seconds
  throw usageError('--expires: a URL must live for a second at least')
}

function readPart({ uploadId, partNumber, method }: PresignFlags): Part | undefined {
  if (uploadId === undefined && partNumber === undefined) return undefined
  if (uploadId === undefined || partNumber === undefined) {
    throw usageError(
      'the URL of a part needs both --upload-id and --part-number',
      'See what is open with: lading uploads ls oss://BUCKET',
    )
  }
  if (method !== undefined && method !== 'PUT') {
    throw usageError(`--method ${method}: a part is sent with PUT`)
  }
  return { uploadId, partNumber: parseCount('--part-number', partNumber, { min: 1, max: 10_000 }) }
}
