/** `lading sts`: a temporary key, from a server's data directory or from a service. */

import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Credentials, encodeStrict, parseEndpoint, signRpc } from '@lading/protocol'
import type { Command } from 'commander'
import { CommandError, usageError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { Output } from '../output/output.ts'
import type { Act } from '../program.ts'
import { parseAge } from '../quantities.ts'
import { addServiceOptions, type ServiceFlags } from '../service.ts'
import { readConfigFile } from '../settings/config-file.ts'
import { resolveSettings } from '../settings/settings.ts'
import { openKeys } from './keys.ts'

interface StsFlags extends ServiceFlags {
  readonly data?: string
  readonly duration: string
  readonly policy?: string
  readonly session: string
  readonly roleArn: string
}

interface Temporary extends Credentials {
  readonly securityToken: string
  readonly expiration: Date
}

interface Wanted {
  readonly durationSeconds: number
  readonly policy: string | undefined
  readonly session: string
}

export function addSts(program: Command, act: Act): void {
  const command = program
    .command('sts')
    .summary('get a temporary key')
    .description(
      'Gets a key that expires, and dies with the key that it was made with: from the server at the endpoint, or without a server out of its data directory.',
    )
    .option(
      '--data <directory>',
      'that of the server; with -i ID as the parent (default: the first administrator)',
    )
    .option('--duration <age>', 'from 15m to 12h', '1h')
    .option('--policy <file>', 'what it may do, of what its parent may')
    .option('--session <name>', 'what policies and logs call it', 'lading')
    .option(
      '--role-arn <arn>',
      'the role to assume; Alibaba Cloud wants one',
      'acs:ram::0:role/lading',
    )
  addServiceOptions(command).action(
    act(async (flags: StsFlags) => {
      if (flags.data !== undefined && flags.endpoint !== undefined) {
        throw usageError('--data and --endpoint do not go together')
      }
      const wanted: Wanted = {
        durationSeconds: Math.floor(parseAge('--duration', flags.duration) / 1000),
        policy: flags.policy === undefined ? undefined : await readFile(flags.policy, 'utf8'),
        session: flags.session,
      }
      const made =
        flags.data === undefined
          ? await askService(flags, wanted)
          : await makeFrom(flags.data, flags.accessKeyId, wanted)
      return tell(new Output({ json: flags.json }), made)
    }),
  )
}

function tell(output: Output, made: Temporary): ExitCode {
  const { accessKeyId, accessKeySecret, securityToken, expiration } = made
  output.result(
    `export OSS_ACCESS_KEY_ID=${accessKeyId}
export OSS_ACCESS_KEY_SECRET=${accessKeySecret}
export OSS_SESSION_TOKEN=${securityToken}`,
    { event: 'temporary-key', accessKeyId, accessKeySecret, securityToken, expiration },
  )
  if (!output.json) output.note(`valid until ${expiration.toISOString()}`)
  return exitCodes.ok
}

async function makeFrom(
  directory: string,
  accessKeyId: string | undefined,
  { durationSeconds, policy, session }: Wanted,
): Promise<Temporary> {
  const keys = await (await openKeys(directory)).list()
  const usable = keys.filter(({ enabled }) => enabled)
  const parent = usable.find((key) =>
    accessKeyId === undefined
      ? key.rights.role === 'administrator' && key.rights.bucket === undefined
      : key.accessKeyId === accessKeyId,
  )
  if (!parent) {
    const what = accessKeyId === undefined ? 'administrator' : `key ${accessKeyId} that works`
    throw new CommandError(exitCodes.notFound, `there is no ${what} in ${directory}`, {
      hint: `See which there are: lading keys list --data ${directory}`,
    })
  }
  const { makeSession } = await import('@lading/server')
  return makeSession(parent, { durationSeconds, policy, session }, new Date())
}

/** AssumeRole of STS. */
async function askService(flags: StsFlags, wanted: Wanted): Promise<Temporary> {
  const config = await readConfigFile(
    flags.configFile ?? (process.env.OSSUTIL_CONFIG_FILE || undefined),
  )
  const { endpoint, credentials } = resolveSettings(flags, process.env, config)
  if (credentials.securityToken !== undefined) {
    throw usageError('a temporary key cannot get another one', 'Use a lasting key pair.')
  }
  const entries = signRpc(
    'POST',
    [
      ['Action', 'AssumeRole'],
      ['Version', '2015-04-01'],
      ['Format', 'JSON'],
      ['RoleArn', flags.roleArn],
      ['RoleSessionName', wanted.session],
      ['DurationSeconds', String(wanted.durationSeconds)],
      ...(wanted.policy === undefined ? [] : [['Policy', wanted.policy] as const]),
    ],
    credentials,
    { now: new Date(), nonce: randomUUID() },
  )
  const { scheme, host } = parseEndpoint(endpoint)
  const url = `${scheme}://${host}/`
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: entries.map(([name, value]) => `${name}=${encodeStrict(value)}`).join('&'),
  }).catch((cause: unknown) => {
    throw new CommandError(exitCodes.network, `no answer from ${url}`, { cause })
  })
  return readAnswer(response.status, await response.text())
}

function readAnswer(status: number, text: string): Temporary {
  const answer = parseAnswer(text)
  const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = answer.Credentials ?? {}
  if (status === 200 && AccessKeyId && AccessKeySecret && SecurityToken && Expiration) {
    return {
      accessKeyId: AccessKeyId,
      accessKeySecret: AccessKeySecret,
      securityToken: SecurityToken,
      expiration: new Date(Expiration),
    }
  }
  const { Code = `status ${status}`, Message = 'the answer is not one of STS' } = answer
  const isDenied = /^(InvalidAccessKeyId|SignatureDoesNotMatch|NoPermission)/.test(Code)
  throw new CommandError(
    isDenied ? exitCodes.denied : exitCodes.failed,
    `${Message.replace(/\.$/, '')} (${Code})`,
  )
}

interface StsAnswer {
  readonly Code?: string
  readonly Message?: string
  readonly Credentials?: Readonly<Record<string, string>>
}

function parseAnswer(text: string): StsAnswer {
  try {
    return JSON.parse(text) as StsAnswer
  } catch {
    return {}
  }
}
