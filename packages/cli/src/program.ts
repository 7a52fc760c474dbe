/** The command line as a whole: its commands, its help and what an error looks like. */

import { inspect } from 'node:util'
import { Command, CommanderError, type Option } from 'commander'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { isOssUrl } from './oss-url.ts'
import { version } from './version.ts'

/** What every command hangs its action on: the exit status comes back through it. */
export type Act = <Arguments extends unknown[]>(
  work: (...args: Arguments) => Promise<ExitCode>,
) => (...args: Arguments) => Promise<void>

type AddCommand = (program: Command, act: Act) => void

/** In the order of the help. Each is loaded only when it is meant, and all of them for what they share. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  cp: async () => (await import('./commands/cp.ts')).addCp,
  sync: async () => (await import('./commands/sync.ts')).addSync,
  resume: async () => (await import('./commands/resume.ts')).addResume,
  ls: async () => (await import('./commands/ls.ts')).addLs,
  stat: async () => (await import('./commands/stat.ts')).addStat,
  cat: async () => (await import('./commands/cat.ts')).addCat,
  rm: async () => (await import('./commands/rm.ts')).addRm,
  presign: async () => (await import('./commands/presign.ts')).addPresign,
  hash: async () => (await import('./commands/hash.ts')).addHash,
  du: async () => (await import('./commands/du.ts')).addDu,
  mkdir: async () => (await import('./commands/mkdir.ts')).addMkdir,
  mb: async () => (await import('./commands/mb.ts')).addMb,
  rb: async () => (await import('./commands/rb.ts')).addRb,
  uploads: async () => (await import('./commands/uploads.ts')).addUploads,
  bench: async () => (await import('./commands/bench.ts')).addBench,
  config: async () => (await import('./commands/config.ts')).addConfig,
  completion: async () => (await import('./commands/completion.ts')).addCompletion,
  serve: async () => (await import('./commands/serve.ts')).addServe,
  keys: async () => (await import('./commands/keys.ts')).addKeys,
  sts: async () => (await import('./commands/sts.ts')).addSts,
  fsck: async () => (await import('./commands/fsck.ts')).addFsck,
  backup: async () => (await import('./commands/backup.ts')).addBackup,
  migrate: async () => (await import('./commands/migrate.ts')).addMigrate,
}

/** Headings of the help, each above the command of its name. */
const groups: Readonly<Record<string, string>> = {
  cp: 'Copying:',
  ls: 'Objects and buckets:',
  config: 'This machine:',
  serve: 'A server of your own:',
}

/** Runs one command line, as `process.argv` has it. Resolves with the exit status; never rejects. */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok
  const act: Act =
    (work) =>
    async (...args) => {
      exitCode = await work(...args)
    }
  try {
    const program = await makeProgram(act, argv[2] ?? '')
    await program.parseAsync([...argv])
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      // Its sentence is already printed; it counts help that was asked for as an error of status 0.
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    }
    const { describeError, formatDescribed } = await import('./describe-error.ts')
    const described = describeError(error, bucketIn(argv))
    process.stderr.write(`${formatDescribed(described)}\n`)
    if (process.env.LADING_DEBUG) process.stderr.write(`${inspect(error)}\n`)
    return described.exitCode
  }
}

/** The bucket that the command line names first. */
function bucketIn(argv: readonly string[]): string | undefined {
  const url = argv.find(isOssUrl)
  return url === undefined ? undefined : /^oss:\/\/([^/]+)/i.exec(url)?.[1]
}

/** @param named The first word of the command line; the empty one loads every command. */
export async function makeProgram(act: Act, named: string): Promise<Command> {
  const program = new Command('lading')
    .description(
      'Uploads big files to Alibaba Cloud OSS in parts, each of them proved, and resumes after anything. Or is the OSS server itself: lading serve.',
    )
    .version(version, '-V, --version')
    .exitOverride()
    .configureHelp({
      showGlobalOptions: false,
      sortSubcommands: false,
      optionDescription,
      subcommandTerm,
    })
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'lading: ')),
    })
    .addHelpText('after', afterHelp)
  for (const [name, load] of commandsFor(named)) {
    const group = groups[name]
    if (group !== undefined) program.commandsGroup(group)
    ;(await load())(program, act)
  }
  program.commandsGroup('This machine:').helpCommand('help [command]', 'tell of a command')
  nameHelp(program, 'lading')
  return program
}

function commandsFor(named: string): readonly [name: string, load: () => Promise<AddCommand>][] {
  if (named === '--version' || named === '-V') return []
  // A shell is to complete all of them.
  if (named === 'completion') return Object.entries(commands)
  const load = Object.hasOwn(commands, named) ? commands[named] : undefined
  return load ? [[named, load]] : Object.entries(commands)
}

/** Without `[options]`, which every command has and which leaves no room for words. */
function subcommandTerm(command: Command): string {
  const places = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  )
  return [command.name(), ...places].join(' ')
}

/** A default as it is typed, where commander would quote it. */
function optionDescription({ description, defaultValue, argChoices }: Option): string {
  const facts = [
    ...(argChoices ? [`choices: ${argChoices.join(', ')}`] : []),
    // `--no-x` has the default true, which nobody could type.
    ...(typeof defaultValue === 'string' ? [`default: ${defaultValue}`] : []),
  ]
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`
}

/** After each usage error, the help of the command that was used and of no other. */
function nameHelp(command: Command, spelled: string): void {
  command.showHelpAfterError(`  See: ${spelled} --help`)
  for (const child of command.commands) nameHelp(child, `${spelled} ${child.name()}`)
}

// Commander does not wrap this: it fits 80 columns as it stands.
const afterHelp = `
First steps:
  $ lading config                       # endpoint and keys, once
  $ lading ls                           # your buckets
  $ lading cp movie.mov oss://BUCKET/   # after Ctrl-C once more: it resumes
Without a service, have one of your own, and give every command its address:
  $ lading serve --data ./data --port 9000
  $ lading ls --endpoint http://127.0.0.1:9000

Where and who, in this order: the flags; OSS_ENDPOINT, OSS_REGION,
OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_SESSION_TOKEN; ~/.ossutilconfig.

Exit status: 0 ok, 1 some failed, 2 usage, 3 configuration, 4 not found,
5 denied, 6 network, 7 verification failed, 8 exists, 130 interrupted (parts
are kept).`
