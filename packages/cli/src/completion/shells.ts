/** Completion for shells, made from the commands themselves. */

/** One command or command of commands, by the words that lead to it: `''` is lading itself. */
export interface CommandShape {
  /** `''`, `cp`, `uploads ls`. */
  readonly path: string
  readonly children: readonly Named[]
  readonly options: readonly OptionShape[]
}

export interface Named {
  readonly name: string
  readonly summary: string
}

export interface OptionShape {
  /** `--recursive`; every option has one. */
  readonly long: string
  /** `-r`. */
  readonly short: string | undefined
  readonly summary: string
  readonly takesValue: boolean
  readonly choices: readonly string[]
}

export type Shell = 'bash' | 'zsh' | 'fish'

export const shells: Readonly<Record<Shell, (commands: readonly CommandShape[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

function bashCompletion(commands: readonly CommandShape[]): string {
  return `# Completion of lading for bash. Use: source <(lading completion bash)
_lading() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at= word words=
${walk(`"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`, commands)}
  case "$at:$prev" in
${choiceCases(commands, (choices) => `words=${quote(choices.join(' '))}`)}
    *)
      case "$at:$cur" in
${cases(commands, ({ path, options }) => [`${key(path)}:-*`, `words=${quote(options.map(({ long }) => long).join(' '))}`])}
${cases(
  commands.filter(({ children }) => children.length > 0),
  ({ path, children }) => [
    `${key(path)}:*`,
    `words=${quote(children.map(({ name }) => name).join(' '))}`,
  ],
)}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _lading lading
`
}

function zshCompletion(commands: readonly CommandShape[]): string {
  const described = (items: readonly Named[]): string =>
    `items=(${items.map(({ name, summary }) => quote(`${name}:${summary}`)).join(' ')})`
  return `#compdef lading
# Completion of lading for zsh. Use: lading completion zsh > a directory of $fpath/_lading
_lading() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} at= word
  local -a items
${walk(`"\${(@)words[2,CURRENT-1]}"`, commands)}
  case "$at:$prev" in
${choiceCases(commands, (choices) => `items=(${choices.map(quote).join(' ')})`)}
    *)
      case "$at:$cur" in
${cases(commands, ({ path, options }) => [`${key(path)}:-*`, described(options.map(({ long, summary }) => ({ name: long, summary })))])}
${cases(
  commands.filter(({ children }) => children.length > 0),
  ({ path, children }) => [`${key(path)}:*`, described(children)],
)}
      esac ;;
  esac
  if (( \${#items} )); then _describe lading items; else _files; fi
}
if [ "$funcstack[1]" = _lading ]; then _lading "$@"; else compdef _lading lading; fi
`
}

function fishCompletion(commands: readonly CommandShape[]): string {
  const lines = commands.flatMap(({ path, children, options }) => {
    const seen = path === '' ? [] : path.split(' ')
    const deeper = children.map(({ name }) => name).join(' ')
    const conditions = [
      ...seen.map((word) => `__fish_seen_subcommand_from ${word}`),
      ...(deeper === '' ? [] : [`not __fish_seen_subcommand_from ${deeper}`]),
    ]
    const when = conditions.length === 0 ? '' : ` -n ${quote(conditions.join('; and '))}`
    return [
      ...children.map(
        ({ name, summary }) => `complete -c lading -f${when} -a ${name} -d ${quote(summary)}`,
      ),
      ...options.map(({ long, short, summary, takesValue, choices }) => {
        const names = `${short ? `-s ${short.slice(1)} ` : ''}-l ${long.slice(2)}`
        const value = choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : ' -r'
        return `complete -c lading${when} ${names}${takesValue ? value : ''} -d ${quote(summary)}`
      }),
    ]
  })
  return `# Completion of lading for fish. Use: lading completion fish | source\n${lines.join('\n')}\n`
}

/** Finds the command that the words so far lead to; what is no command's name is passed over. */
function walk(words: string, commands: readonly CommandShape[]): string {
  const paths = commands.filter(({ path }) => path !== '').map(({ path }) => quote(` ${path}`))
  return `  for word in ${words}; do
    case "$at $word" in
      ${paths.join('|')}) at="$at $word" ;;
    esac
  done`
}

function choiceCases(
  commands: readonly CommandShape[],
  act: (choices: readonly string[]) => string,
): string {
  return commands
    .flatMap(({ path, options }) =>
      options
        .filter(({ choices }) => choices.length > 0)
        .map(({ long, choices }) => `    ${key(path)}:${long}) ${act(choices)} ;;`),
    )
    .join('\n')
}

function cases(
  commands: readonly CommandShape[],
  toCase: (command: CommandShape) => readonly [pattern: string, act: string],
): string {
  return commands
    .map(toCase)
    .map(([pattern, act]) => `        ${pattern}) ${act} ;;`)
    .join('\n')
}

/** As the variable `at` has it; `path` is taken in zsh. */
function key(path: string): string {
  return path === '' ? '' : quote(` ${path}`)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
