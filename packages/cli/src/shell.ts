/** Command lines as text that a shell takes back. */

import { basename, delimiter, dirname } from 'node:path'

/** Quotes for a POSIX shell; what needs no quotes gets none. */
export function quoteArgument(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

const secretFlags = ['-k', '--access-key-secret', '-t', '--sts-token']

/** The line that runs this very command again; secrets given as flags are left out of it. */
export function sameCommand(
  argv: readonly string[] = process.argv,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const words = argv.slice(2).map((word, index, all) => {
    if (secretFlags.includes(all[index - 1] ?? '')) return "'***'"
    const flag = secretFlags.find((name) => name.startsWith('--') && word.startsWith(`${name}=`))
    return flag ? `${flag}='***'` : quoteArgument(withoutPassword(word))
  })
  return [...invocation(argv, environment), ...words].join(' ')
}

/** As a proxy's address may hold one. */
function withoutPassword(word: string): string {
  return word.replace(/(https?:\/\/)[^@/\s]+@/i, '$1***@')
}

function invocation(
  [node = 'node', script = 'lading']: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  if (environment.npm_command === 'exec') return ['npx', 'lading']
  const directories = (environment.PATH ?? '').split(delimiter)
  if (basename(script) === 'lading' && directories.includes(dirname(script))) return ['lading']
  return [directories.includes(dirname(node)) ? 'node' : quoteArgument(node), quoteArgument(script)]
}
