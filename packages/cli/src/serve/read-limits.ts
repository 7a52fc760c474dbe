/** `--limit`: how much key pairs may ask for. */

import type { KeyLimits, LimitOptions } from '@lading/server'
import { usageError } from '../command-error.ts'
import { parseCount, parseSize } from '../quantities.ts'

const names = ['requests', 'upload', 'download', 'key']

/**
 * Reads settings such as `requests=100,upload=10MiB,key=ID`: of every key, of the one that is named,
 * or with `key=anonymous` of all who have none.
 *
 * @throws {CommandError} usage: a setting that is not understood, or a key that has two.
 */
export function readLimits(specs: readonly string[]): LimitOptions {
  const keys = new Map<string | undefined, KeyLimits>()
  for (const spec of specs) {
    const settings = readSettings(spec)
    const key = settings.get('key')
    if (keys.has(key)) throw usageError(`--limit ${spec}: the key has limits already`)
    const requests = settings.get('requests')
    keys.set(key, {
      requestsPerSecond:
        requests === undefined
          ? undefined
          : parseCount('--limit requests', requests, { min: 1, max: 1_000_000 }),
      uploadBytesPerSecond: readRate('upload', settings),
      downloadBytesPerSecond: readRate('download', settings),
    })
  }
  const everyKey = keys.get(undefined)
  const anonymous = keys.get('anonymous')
  const named = [...keys].filter(
    (entry): entry is [string, KeyLimits] => entry[0] !== undefined && entry[0] !== 'anonymous',
  )
  return { everyKey, anonymous, keys: Object.fromEntries(named) }
}

function readRate(name: string, settings: ReadonlyMap<string, string>): number | undefined {
  const text = settings.get(name)
  if (text === undefined) return undefined
  const rate = parseSize(`--limit ${name}`, text)
  if (rate > 0) return rate
  throw usageError(`--limit ${name}: nothing could ever pass`)
}

function readSettings(spec: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>()
  for (const setting of spec.split(',')) {
    const [, name = '', value = ''] = /^([a-z]+)=(.+)$/.exec(setting) ?? []
    if (!names.includes(name) || settings.has(name)) {
      throw usageError(`--limit ${spec}: ${JSON.stringify(setting)} is not understood`)
    }
    settings.set(name, value)
  }
  if ([...settings.keys()].every((name) => name === 'key')) {
    throw usageError(`--limit ${spec}: needs requests=N, upload=SIZE or download=SIZE`)
  }
  return settings
}
