/** `lading config`: writes the settings that every other command reads. */

import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { ask, canAsk } from '../ask.ts'
import { usageError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { interruptible } from '../interrupt.ts'
import { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { readConfigFile } from '../settings/config-file.ts'
import { regionOf } from '../settings/settings.ts'
import { writeProfile } from '../settings/write-profile.ts'

interface ConfigFlags {
  readonly endpoint?: string
  readonly region?: string
  readonly accessKeyId?: string
  readonly accessKeySecret?: string
  readonly stsToken?: string
  readonly configFile?: string
  readonly profile?: string
  readonly json?: boolean
}

const examples = `
Examples:
  $ lading config
  $ lading config --profile local -e http://127.0.0.1:9000 -i ID -k SECRET
  $ lading ls --profile local`

export function addConfig(program: Command, act: Act): void {
  program
    .command('config')
    .summary('write endpoint and keys to ~/.ossutilconfig')
    .description(
      'Asks for the endpoint and the key pair and writes them to the configuration, which nobody else can read. What is given as a flag is not asked for; what else the file holds stays.',
    )
    .option('-e, --endpoint <url>', 'the service, such as http://127.0.0.1:9000')
    .option('--region <region>', 'what signatures name (default: the endpoint says)')
    .option('-i, --access-key-id <id>', 'who you are')
    .option('-k, --access-key-secret <secret>', 'better typed when it is asked for')
    .option('-t, --sts-token <token>', 'of a temporary key')
    .option('-c, --config-file <file>', 'instead of ~/.ossutilconfig')
    .option('--profile <name>', 'the section [profile NAME] (default: [default])')
    .option('--json', 'one JSON object a line instead of words')
    .addHelpText('after', examples)
    .action(act((flags: ConfigFlags) => interruptible((signal) => config(flags, signal))))
}

async function config(flags: ConfigFlags, signal: AbortSignal): Promise<ExitCode> {
  const output = new Output({ json: flags.json })
  const file =
    flags.configFile ?? (process.env.OSSUTIL_CONFIG_FILE || join(homedir(), '.ossutilconfig'))
  const section = flags.profile === undefined ? 'default' : `profile ${flags.profile}`
  if (!/^[^\]\r\n]+$/.test(section)) throw usageError(`"${section}" cannot name a profile`)
  const values = await gather(flags, signal)
  await writeProfile(file, section, values)
  // It must read back, whatever else is in the file.
  await readConfigFile(file)
  output.result(`wrote [${section}] to ${printable(file)}`, {
    event: 'configured',
    file,
    section,
    endpoint: values.endpoint,
    region: values.region,
  })
  if (!output.json) {
    const profile = flags.profile === undefined ? '' : ` --profile ${flags.profile}`
    output.note(`Try it with: lading ls${profile}`)
  }
  return exitCodes.ok
}

async function gather(flags: ConfigFlags, signal: AbortSignal): Promise<Record<string, string>> {
  const wanted = [
    { name: 'endpoint', question: 'Endpoint', given: flags.endpoint },
    { name: 'accessKeyId', question: 'Access key id', given: flags.accessKeyId },
    {
      name: 'accessKeySecret',
      question: 'Access key secret',
      given: flags.accessKeySecret,
      hidden: true,
    },
  ]
  const missing = wanted.filter(({ given }) => given === undefined)
  if (missing.length > 0 && (flags.json || !canAsk())) {
    throw usageError(
      `nobody is there to ask for the ${missing.map(({ question }) => question.toLowerCase()).join(', the ')}`,
      'Give --endpoint, --access-key-id and --access-key-secret.',
    )
  }
  const values: Record<string, string> = {}
  for (const { name, question, given, hidden = false } of wanted) {
    const value = (given ?? (await ask(`${question}: `, { hidden, signal }))).trim()
    if (value === '' || /[\r\n]/.test(value))
      throw usageError(`there is no ${question.toLowerCase()}`)
    values[name] = value
  }
  const region = flags.region ?? regionOf(values.endpoint ?? '')
  return {
    ...values,
    ...(region !== undefined && { region }),
    ...(flags.stsToken !== undefined && { stsToken: flags.stsToken }),
  }
}
