/** A query string, parsed once: order and repetition kept, names and values decoded. */

import { OssError } from './errors.ts'
import { decodePercent } from './percent.ts'

export type QueryEntry = readonly [name: string, value: string]

export class Query {
  readonly entries: readonly QueryEntry[]

  constructor(entries: readonly QueryEntry[] = []) {
    this.entries = entries
  }

  /** Parses what follows the `?`. Empty pairs are skipped and a bare name has the empty value. */
  static parse(raw: string): Query {
    const entries: QueryEntry[] = []
    for (const pair of raw.split('&')) {
      if (pair === '') continue
      const equals = pair.indexOf('=')
      const name = equals < 0 ? pair : pair.slice(0, equals)
      const value = equals < 0 ? '' : pair.slice(equals + 1)
      entries.push([decodeQueryText(name), decodeQueryText(value)])
    }
    return new Query(entries)
  }

  /** The first value of `name`: of a doubled parameter the first counts. */
  get(name: string): string | undefined {
    return this.entries.find(([candidate]) => candidate === name)?.[1]
  }

  has(name: string): boolean {
    return this.entries.some(([candidate]) => candidate === name)
  }

  /** The value of `name`, or `undefined` also when it is empty, as some SDKs send `prefix=`. */
  text(name: string): string | undefined {
    const value = this.get(name)
    return value === '' ? undefined : value
  }
}

/** In a query, unlike in a path, `+` is a space. */
function decodeQueryText(raw: string): string {
  const text = decodePercent(raw.replaceAll('+', ' '))
  if (text === undefined) {
    throw new OssError('InvalidArgument', {
      message: 'The query string is not valid percent-encoded UTF-8.',
    })
  }
  return text
}
