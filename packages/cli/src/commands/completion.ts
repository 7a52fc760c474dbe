/** `lading completion`: what a shell needs to complete commands and flags. */

import { Argument, type Command } from 'commander'
import { type CommandShape, type Shell, shells } from '../completion/shells.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Act } from '../program.ts'

const examples = `
Examples:
  $ source <(lading completion bash)            # in ~/.bashrc
  $ lading completion zsh > ~/.zfunc/_lading    # a directory of fpath
  $ lading completion fish > ~/.config/fish/completions/lading.fish`

export function addCompletion(program: Command, act: Act): void {
  program
    .command('completion')
    .summary('print what completes commands in a shell')
    .description('Prints a script that completes the commands, flags and values of lading.')
    .addArgument(new Argument('<shell>', 'yours').choices(Object.keys(shells)))
    .addHelpText('after', examples)
    .action(
      act(async (shell: Shell) => {
        process.stdout.write(shells[shell](shapesOf(program, '')))
        return exitCodes.ok
      }),
    )
}

function shapesOf(command: Command, path: string): readonly CommandShape[] {
  const help = command.createHelp()
  const children = help.visibleCommands(command).filter((child) => child.name() !== 'help')
  const shape: CommandShape = {
    path,
    children: children.map((child) => ({
      name: child.name(),
      summary: child.summary() || child.description(),
    })),
    options: help.visibleOptions(command).flatMap((option) => {
      const { long, short, description, argChoices = [] } = option
      const takesValue = option.required || option.optional
      return long ? [{ long, short, summary: description, takesValue, choices: argChoices }] : []
    }),
  }
  const below = children.flatMap((child) => shapesOf(child, `${path} ${child.name()}`.trim()))
  return [shape, ...below]
}
