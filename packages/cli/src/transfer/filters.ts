/** `--include` and `--exclude`: which files of a directory or a folder are meant. */

import type { Command } from 'commander'
import { usageError } from '../command-error.ts'

export interface Filter {
  readonly kind: 'include' | 'exclude'
  readonly pattern: string
}

/** Whether the file of that name, below the folder and with `/`, is meant. */
export type Selects = (name: string) => boolean

/** The filters that the command line gives, in its own order over both flags. */
export function addFilterOptions(command: Command): readonly Filter[] {
  const filters: Filter[] = []
  const add = (kind: Filter['kind']) => (pattern: string) => {
    filters.push({ kind, pattern })
  }
  command
    .option('--include <pattern>', 'only files like this (repeatable)', add('include'))
    .option('--exclude <pattern>', 'no files like this (repeatable)', add('exclude'))
  return filters
}

/**
 * The first filter that matches decides. A file that none matches is meant unless there is an
 * `--include`.
 *
 * @throws {CommandError} usage, for a pattern that is none.
 */
export function selectBy(filters: readonly Filter[]): Selects {
  const rules = filters.map(({ kind, pattern }) => ({
    takes: kind === 'include',
    matches: matcherOf(kind, pattern),
  }))
  const otherwise = rules.every(({ takes }) => !takes)
  return (name) => rules.find(({ matches }) => matches(name))?.takes ?? otherwise
}

/**
 * `*.mov` is a file's own name at any depth; `a/*.mov`, with a slash, the whole of it; `cache/` all
 * that is in a directory of that name. `*` and `?` stop at a slash, `**` does not.
 */
function matcherOf(kind: Filter['kind'], pattern: string): Selects {
  const spelled = pattern.endsWith('/') ? `**/${pattern}**` : pattern
  const ofPath = spelled.includes('/')
  try {
    const expression = new RegExp(`^${expressionOf(spelled)}$`, 'su')
    return (name) => expression.test(ofPath ? name : name.slice(name.lastIndexOf('/') + 1))
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw usageError(
      `--${kind}: "${pattern}" is not a pattern`,
      "Quote it, and write it like '*.mov', 'raw/**' or 'cache/'.",
    )
  }
}

const tokens = /\*\*\/|\*\*|\*|\?|\[!?\]?[^\]]*\]|[\s\S]/gu

function expressionOf(pattern: string): string {
  return pattern.replaceAll(tokens, (token) => {
    if (token === '**/') return '(?:.*/)?'
    if (token === '**') return '.*'
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    if (token.length > 2 && token.startsWith('[')) return classOf(token.slice(1, -1))
    return literally(token)
  })
}

/** `!a-z` becomes `[^a-z]`; only the dash keeps its meaning. */
function classOf(characters: string): string {
  const negated = characters.startsWith('!')
  const listed = [...characters.slice(negated ? 1 : 0)]
  const safe = listed.map((one) => (one === '-' ? one : literally(one))).join('')
  return `(?!/)[${negated ? '^' : ''}${safe}]`
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
