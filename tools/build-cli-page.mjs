/**
 * Makes `docs/cli.md` and the manual page `packages/cli/man/lading.1` of the command's own help, so
 * that neither can say anything else. `--check` writes nothing and fails where they do.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { root, runScript, SetUpError } from '../scripts/setup.mjs'

const { makeProgram } = await import('../packages/cli/dist/program.js')

await runScript(async () => {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
  const program = await makeProgram((work) => work, '')
  const commands = commandsOf(program, program.name())
  const made = { 'docs/cli.md': pageOf(commands), 'packages/cli/man/lading.1': manualOf(commands) }
  for (const [path, text] of Object.entries(made)) {
    if (!values.check) {
      mkdirSync(dirname(`${root}${path}`), { recursive: true })
      writeFileSync(`${root}${path}`, text)
    } else if (readFileSync(`${root}${path}`, 'utf8') !== text) {
      throw new SetUpError(
        `${path} is not what the command says; run \`node tools/build-cli-page.mjs\`.`,
      )
    }
  }
  console.log(`${commands.length} commands`)
  return 0
})

/** Every command with its help, the outermost first. */
function commandsOf(command, spelled) {
  const help = command.createHelp()
  const children = help.visibleCommands(command).filter((child) => child.name() !== 'help')
  const below = children.flatMap((child) => commandsOf(child, `${spelled} ${child.name()}`))
  const summary = command.summary() || command.description()
  return [{ spelled, summary, help: helpOf(command) }, ...below]
}

/** What `--help` prints in 80 columns. */
function helpOf(command) {
  let text = ''
  command.configureOutput({
    getOutHelpWidth: () => 80,
    getOutHasColors: () => false,
    writeOut: (part) => {
      text += part
    },
  })
  command.outputHelp()
  return text.trim()
}

function pageOf(commands) {
  const sections = commands.map(
    ({ spelled, help }) => `## ${spelled}\n\n\`\`\`text\n${help}\n\`\`\`\n`,
  )
  return `# The command\n\nMade by \`tools/build-cli-page.mjs\` from what \`--help\` says.\n\n${sections.join('\n')}`
}

function manualOf(commands) {
  const [{ summary }] = commands
  const sections = commands.map(
    ({ spelled, help }) => `.SH ${roff(spelled.toUpperCase())}\n.nf\n${roff(help)}\n.fi\n`,
  )
  const name = summary.split('. ')[0]
  return `.TH LADING 1\n.SH NAME\nlading \\- ${roff(name)}\n${sections.join('')}`
}

/** A dot or a quote that begins a line would be a request; a bare dash would be a hyphen. */
function roff(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^([.'])/gm, '\\&$1')
}
