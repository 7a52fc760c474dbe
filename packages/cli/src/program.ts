/** The command line as a whole: its commands, its help and what an error looks like. */

import { inspect } from 'node:util'
import { Command, CommanderError, type Option } from 'commander'
import { addBackup } from './commands/backup.ts'
import { addCat } from './commands/cat.ts'
import { addCp } from './commands/cp.ts'
import { addFsck } from './commands/fsck.ts'
import { addKeys } from './commands/keys.ts'
import { addLs } from './commands/ls.ts'
import { addMb } from './commands/mb.ts'
import { addRb } from './commands/rb.ts'
import { addRm } from './commands/rm.ts'
import { addServe } from './commands/serve.ts'
import { addStat } from './commands/stat.ts'
import { addSts } from './commands/sts.ts'
import { addUploads } from './commands/uploads.ts'
import { describeError, formatDescribed } from './describe-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { isOssUrl } from './oss-url.ts'
import { version } from './version.ts'

/** What every command hangs its action on: the exit status comes back through it. */
export type Act = <Arguments extends unknown[]>(
  work: (...args: Arguments) => Promise<ExitCode>,
) => (...args: Arguments) => Promise<void>

/** Runs one command line, as `process.argv` has it. Resolves with the exit status; never rejects. */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok
  const act: Act =
    (work) =>
    async (...args) => {
      exitCode = await work(...args)
    }
  try {
    await makeProgram(act).parseAsync([...argv])
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      // Its sentence is already printed; it counts help that was asked for as an error of status 0.
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    }
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

function makeProgram(act: Act): Command {
  const program = new Command('lading')
    .description(
      'Uploads big files to Alibaba Cloud OSS in parts, each of them proved, and resumes after anything. Or is the OSS server itself: lading serve.',
    )
    .version(version, '-V, --version')
    .helpCommand(true)
    .exitOverride()
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false, optionDescription })
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'lading: ')),
    })
    .addHelpText('after', afterHelp)
  for (const add of [addCp, addLs, addStat, addCat, addRm, addMb, addRb, addUploads]) {
    add(program, act)
  }
  for (const add of [addServe, addKeys, addSts, addFsck, addBackup]) add(program, act)
  nameHelp(program, 'lading')
  return program
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
Where and who, in this order: the flags; OSS_ENDPOINT, OSS_REGION,
OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_SESSION_TOKEN; ~/.ossutilconfig.

Exit status: 0 ok, 1 some failed, 2 usage, 3 configuration, 4 not found,
5 denied, 6 network, 7 verification failed, 8 exists, 130 interrupted (parts
are kept).

Example:
  $ lading serve --data ./data --port 9000
  $ lading cp movie.mov oss://my-bucket/ --endpoint http://127.0.0.1:9000`
