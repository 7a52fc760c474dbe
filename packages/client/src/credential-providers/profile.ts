/** Keys out of `~/.ossutilconfig`, as ossutil 1 and 2 write it. */

import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { CredentialsProvider } from '../credentials.ts'
import { CredentialsError } from '../errors.ts'
import { requireKeyPair } from './read-credentials.ts'

export interface ProfileCredentialsOptions {
  /** Default `~/.ossutilconfig`. */
  readonly path?: string
  /** The name behind `profile` in `[profile NAME]`. Default: `[default]`, then `[Credentials]`. */
  readonly profile?: string
}

/** Reads the file when keys are first needed, and again when the service refuses them. */
export function profileCredentials({
  path = join(homedir(), '.ossutilconfig'),
  profile,
}: ProfileCredentialsOptions = {}): CredentialsProvider {
  return async () => {
    const sections = readSections(await read(path))
    const usual = profile === undefined || plainName(profile) === 'default'
    const names = usual
      ? ['default', 'profiledefault', 'credentials']
      : [plainName(`profile ${profile}`)]
    const found = names.flatMap((name) => sections.get(name) ?? [])
    if (!usual && found.length === 0) {
      throw new CredentialsError(`There is no [profile ${profile}] in ${path}.`)
    }
    const value = (...keys: readonly string[]): string | undefined =>
      found.flatMap((section) => keys.map((key) => section.get(key))).find((text) => text)
    return requireKeyPair(path, {
      id: value('accesskeyid'),
      secret: value('accesskeysecret'),
      token: value('ststoken', 'securitytoken', 'sessiontoken'),
    })
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CredentialsError(`The configuration ${path} cannot be read: ${why}`, { cause })
  }
}

/** Values by plain name, by the plain name of their section. */
function readSections(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>()
  let section = new Map<string, string>()
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const header = /^\s*\[(.*)\]\s*$/.exec(line)?.[1]
    const entry = /^\s*([^;#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line)
    if (header !== undefined) {
      const name = plainName(header)
      section = sections.get(name) ?? new Map()
      sections.set(name, section)
    } else if (entry) {
      section.set(plainName(entry[1] ?? ''), unquoted(entry[2] ?? ''))
    }
  }
  return sections
}

/** `accessKeyID`, `access-key-id` and `ACCESS_KEY_ID` are one name. */
function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_\s]/g, '')
}

function unquoted(text: string): string {
  return /^(["'])(.*)\1$/.exec(text)?.[2] ?? text
}
