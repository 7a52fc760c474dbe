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
  local line=\${COMP_LINE:0:COMP_POINT}
  local address=\${line##* }
  if [[ $address == oss://* ]]; then
    local -a inside=()
    [[ $address == oss://*/* ]] && inside=("$address")
    COMPREPLY=()
    while IFS= read -r word; do
      # Bash takes the colon for the end of a word, and completes what follows it.
      [[ $word == "$address"* ]] && COMPREPLY+=("$(printf %q "\${word#oss:}")")
    done < <(${listing} "\${inside[@]}" 2>/dev/null)
    compopt -o nospace 2>/dev/null
    return
  fi
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
  if [[ $cur == oss://* ]]; then
    local -a inside
    [[ $cur == oss://*/* ]] && inside=("$cur")
    items=(\${(f)"$(${listing} $inside 2>/dev/null)"})
    compadd -S '' -- $items
    return
  fi
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
        const names = [short, long].map(fishName).join('').trimEnd()
        const value = choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : ' -r'
        return `complete -c lading${when} ${names}${takesValue ? value : ''} -d ${quote(summary)}`
      }),
    ]
  })
  const current = '(commandline -ct)'
  const inside = `(string match -r "^oss://.*/.*" -- ${current})`
  lines.push(
    `complete -c lading -f -n 'string match -q "oss://*" -- ${current}' -a '(${listing} ${inside} 2>/dev/null)'`,
  )
  return `# Completion of lading for fish. Use: lading completion fish | source\n${lines.join('\n')}\n`
}

/** `-s r ` or `-l recursive `; a flag may have two long names. */
function fishName(flag: string | undefined): string {
  if (flag === undefined) return ''
  return flag.startsWith('--') ? `-l ${flag.slice(2)} ` : `-s ${flag.slice(1)} `
}

/**
 * What lists the buckets, or what is inside of an address that ends it. It soon gives up: a person
 * waits.
 */
const listing =
  'lading ls --short --limit 200 --retry-times 0 --connect-timeout 2s --read-timeout 3s'

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
