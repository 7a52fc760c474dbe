/** What every command that talks to a service has in common: its flags, its client, its end. */

import { readFile } from 'node:fs/promises'
import type { NodeClientOptions, OssClient } from '@lading/client/node'
import { type Command, Option } from 'commander'
import { interruptible } from './interrupt.ts'
import { Output, type OutputOptions } from './output/output.ts'
import { tellFailed } from './output/tell-failed.ts'
import { parseCount, parseTime } from './quantities.ts'
import { readConfigFile } from './settings/config-file.ts'
import { resolveSettings, type SettingFlags, type Settings } from './settings/settings.ts'

export interface ServiceFlags extends SettingFlags {
  readonly configFile?: string | undefined
  readonly retryTimes?: string | undefined
  readonly connectTimeout?: string | undefined
  readonly readTimeout?: string | undefined
  readonly proxy?: string | undefined
  readonly caFile?: string | undefined
  readonly json?: boolean | undefined
}

export interface Service {
  readonly client: OssClient
  readonly settings: Settings
  readonly output: Output
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

export function addServiceOptions(command: Command): Command {
  return command
    .optionsGroup('Output:')
    .option('--json', 'one JSON object a line instead of words')
    .optionsGroup('Service and keys:')
    .option('-e, --endpoint <url>', 'the service, such as http://127.0.0.1:9000')
    .option('--region <region>', 'what signatures name (default: the endpoint says)')
    .option('-i, --access-key-id <id>', 'better given as OSS_ACCESS_KEY_ID')
    .option('-k, --access-key-secret <secret>', 'better given as OSS_ACCESS_KEY_SECRET')
    .option('-t, --sts-token <token>', 'better given as OSS_SESSION_TOKEN')
    .option('-c, --config-file <file>', 'instead of ~/.ossutilconfig')
    .option('--profile <name>', 'the section [profile NAME] of the configuration')
    .addOption(new Option('--sign-version <version>', 'default: v4').choices(['v4', 'v1']))
    .addOption(
      new Option(
        '--addressing-style <style>',
        'default: path on an IP or localhost, else virtual',
      ).choices(['virtual', 'path', 'cname']),
    )
    .option('--retry-times <number>', 'how often a request is repeated (default: 3)')
    .option('--connect-timeout <time>', 'for a connection to be made (default: 10s)')
    .option('--read-timeout <time>', 'for a byte to move (default: 60s)')
    .option('--proxy <url>', 'http://HOST:PORT, env or off (default: env)')
    .option('--ca-file <file>', 'certificates (PEM) to trust instead of the usual ones')
}

/** Reads the settings, runs `work` with a client of its own, and closes whatever is open. */
export async function withService<Result>(
  flags: ServiceFlags,
  outputOptions: OutputOptions,
  work: (service: Service) => Promise<Result>,
): Promise<Result> {
  const output = new Output({ json: flags.json, ...outputOptions })
  if (flags.accessKeySecret !== undefined || flags.stsToken !== undefined) {
    output.note('lading: a secret on the command line is seen by everyone on this machine')
  }
  const patience = readPatience(flags)
  const connections = await readConnections(flags)
  const config = await readConfigFile(
    flags.configFile ?? (process.env.OSSUTIL_CONFIG_FILE || undefined),
  )
  const settings = resolveSettings(flags, process.env, config)
  // Only now: help needs none of it.
  const { OssClient } = await import('@lading/client/node')
  const client = new OssClient({
    endpoint: settings.endpoint,
    region: settings.region,
    credentials: settings.credentials,
    signatureVersion: settings.signatureVersion,
    ...(settings.addressStyle && { style: settings.addressStyle }),
    ...patience,
    connections,
  })
  try {
    return await interruptible((signal) => work({ client, settings, output, signal }))
  } catch (error) {
    await tellFailed(output, error)
    throw error
  } finally {
    output.close()
    await client.close()
  }
}

/** How long the client waits, and how often it tries, as it is told. */
function readPatience(
  flags: ServiceFlags,
): Pick<NodeClientOptions, 'retry' | 'connectTimeoutMs' | 'idleTimeoutMs'> {
  const { retryTimes, connectTimeout, readTimeout } = flags
  return {
    ...(retryTimes !== undefined && {
      retry: { retries: parseCount('--retry-times', retryTimes, { min: 0, max: 1000 }) },
    }),
    ...(connectTimeout !== undefined && {
      connectTimeoutMs: parseTime('--connect-timeout', connectTimeout),
    }),
    ...(readTimeout !== undefined && { idleTimeoutMs: parseTime('--read-timeout', readTimeout) }),
  }
}

/** Which way the client goes to the service, and whom it trusts there. */
async function readConnections({
  proxy,
  caFile,
}: ServiceFlags): Promise<NonNullable<NodeClientOptions['connections']>> {
  return {
    ...(proxy !== undefined && proxy !== 'env' && { proxy: proxy === 'off' ? false : proxy }),
    ...(caFile !== undefined && { ca: await readFile(caFile) }),
  }
}
