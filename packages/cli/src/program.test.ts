import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { makeProgram } from './program.ts'

function helpOf(command: Command): string[] {
  let text = ''
  command.configureOutput({
    getOutHelpWidth: () => 80,
    writeOut: (part) => {
      text += part
    },
  })
  command.outputHelp()
  return [text, ...command.commands.flatMap(helpOf)]
}

test('no line of any help is wider than a terminal of 80 columns', async () => {
  const program = await makeProgram(
    (work) =>
      async (...args) =>
        void (await work(...args)),
    '',
  )
  const lines = helpOf(program).flatMap((help) => help.split('\n'))
  expect(lines.length).toBeGreaterThan(200)
  expect(lines.filter((line) => line.length > 80)).toEqual([])
})
