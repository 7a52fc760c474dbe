/** Where to send requests and as whom: flags, then the environment, then the configuration file. */

import { CommandError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { type ConfigFile, plainName, type Section } from './config-file.ts'

/** What the flags may say; an absent one is `undefined`. */
export interface SettingFlags {
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  readonly accessKeyId?: string | undefined
  readonly accessKeySecret?: string | undefined
  readonly stsToken?: string | undefined
  readonly profile?: string | undefined
  readonly signVersion?: string | undefined
  readonly addressingStyle?: string | undefined
}

export interface Settings {
  /** A URL or a host. */
  readonly endpoint: string
  /** What signature version 4 is bound to, such as `cn-hangzhou`. */
  readonly region: string
  readonly credentials: {
    readonly accessKeyId: string
    readonly accessKeySecret: string
    readonly securityToken?: string
  }
  readonly signatureVersion: 'v4' | 'v1'
  /** `undefined`: path style on an IP or localhost, else virtual-hosted. */
  readonly addressStyle: 'virtual' | 'path' | 'cname' | undefined
}

export type Environment = Readonly<Record<string, string | undefined>>

/** What V4 is signed with when nothing names a region. */
const fallbackRegion = 'cn-hangzhou'

/** @throws {CommandError} config, saying which setting is missing and the ways to give it. */
export function resolveSettings(
  flags: SettingFlags,
  environment: Environment,
  config: ConfigFile,
): Settings {
  const env = (name: string): string | undefined => present(environment[name])
  const file = profileOf(flags.profile ?? env('OSSUTIL_PROFILE'), config)

  const namedRegion = present(flags.region) ?? env('OSS_REGION') ?? file('region')
  const endpoint =
    present(flags.endpoint) ??
    env('OSS_ENDPOINT') ??
    file('endpoint') ??
    (namedRegion === undefined ? undefined : `https://oss-${namedRegion}.aliyuncs.com`)
  if (endpoint === undefined) {
    throw new CommandError(exitCodes.config, 'no endpoint: nothing says which service to ask', {
      hint: 'Give --endpoint URL, or set OSS_ENDPOINT or OSS_REGION, or write one of them to ~/.ossutilconfig.',
    })
  }

  return {
    endpoint,
    region: namedRegion ?? regionOf(endpoint) ?? fallbackRegion,
    credentials: resolveCredentials(flags, env, file),
    signatureVersion:
      oneOf('sign-version', ['v4', 'v1'], flags.signVersion ?? file('signversion')) ?? 'v4',
    addressStyle: oneOf(
      'addressing-style',
      ['virtual', 'path', 'cname'],
      flags.addressingStyle ?? file('addressingstyle'),
    ),
  }
}

/**
 * The first source that names any of the pair must name both: an id of one source signed with the
 * secret of another could only fail, and far from the mistake.
 */
function resolveCredentials(
  flags: SettingFlags,
  env: (name: string) => string | undefined,
  file: (...names: readonly string[]) => string | undefined,
): Settings['credentials'] {
  const sources = [
    {
      where: 'the command line',
      id: present(flags.accessKeyId),
      secret: present(flags.accessKeySecret),
      token: present(flags.stsToken),
    },
    {
      where: 'the environment',
      id: env('OSS_ACCESS_KEY_ID'),
      secret: env('OSS_ACCESS_KEY_SECRET'),
      token: env('OSS_SESSION_TOKEN'),
    },
    {
      where: 'the configuration file',
      id: file('accesskeyid'),
      secret: file('accesskeysecret'),
      token: file('ststoken', 'securitytoken', 'sessiontoken'),
    },
  ]
  for (const { where, id, secret, token } of sources) {
    if (id === undefined && secret === undefined) continue
    if (id === undefined || secret === undefined) {
      const missing = id === undefined ? 'id' : 'secret'
      throw new CommandError(
        exitCodes.config,
        `${where} has half of a key pair: the access key ${missing} is missing`,
        { hint: 'Both halves must come from the same place.' },
      )
    }
    return { accessKeyId: id, accessKeySecret: secret, ...(token && { securityToken: token }) }
  }
  throw new CommandError(exitCodes.config, 'no access key: nothing says who you are', {
    hint: 'Set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, or write them to ~/.ossutilconfig.',
  })
}

/** Looks values up in the profile asked for, or in `[default]` and then ossutil 1's `[Credentials]`. */
function profileOf(
  profile: string | undefined,
  config: ConfigFile,
): (...names: readonly string[]) => string | undefined {
  const usual = profile === undefined || plainName(profile) === 'default'
  const names = usual
    ? ['default', 'profiledefault', 'credentials']
    : [plainName(`profile ${profile}`)]
  const sections = names.flatMap((name): Section[] => {
    const section = config.get(name)
    return section ? [section] : []
  })
  if (!usual && sections.length === 0) {
    throw new CommandError(exitCodes.config, `the configuration has no [profile ${profile}]`, {
      hint: 'Name one that is in the file, or leave --profile out for [default].',
    })
  }
  return (...names) => {
    for (const section of sections) {
      for (const name of names) {
        const value = present(section.get(name))
        if (value !== undefined) return value
      }
    }
    return undefined
  }
}

/** The region in an endpoint of Alibaba Cloud's own, such as `oss-cn-hangzhou-internal.aliyuncs.com`. */
export function regionOf(endpoint: string): string | undefined {
  const host = endpoint.replace(/^[a-z]+:\/\//i, '').replace(/[/:].*$/, '')
  return /^(?:[^.]+\.)?oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/i
    .exec(host)?.[1]
    ?.toLowerCase()
}

function oneOf<Choice extends string>(
  name: string,
  choices: readonly Choice[],
  text: string | undefined,
): Choice | undefined {
  if (text === undefined || text === '') return undefined
  const choice = choices.find((candidate) => candidate === text.toLowerCase())
  if (choice !== undefined) return choice
  throw new CommandError(
    exitCodes.config,
    `"${text}" is not a ${name}: it is ${choices.join(', ')}`,
  )
}

/** An empty value, as `OSS_REGION=` leaves one, says nothing. */
function present(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text.trim()
}
