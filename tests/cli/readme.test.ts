import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { makeProgram } from '../../packages/cli/src/program.ts'

function page(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8')
}

/** What two languages of one page have in common. */
function bones(text: string): Record<string, readonly string[]> {
  const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
  const prose = text.replaceAll(/^```.*?^```$/gms, '')
  return {
    // The words of a heading are translated; its level is not.
    headings: [...prose.matchAll(/^#+(?= )/gm)].map(([level]) => level),
    blocks: blocks.map(([, language, code = '']) => `${language}\n${withoutComments(code)}`),
    tables: [...prose.matchAll(/^\|.*$/gm)].map(([row]) => `${row.split('|').length} cells`),
    links: linksOf(prose),
    code: [...prose.matchAll(/`[^`\n]+`/g)].map(([code]) => code).sort(),
  }
}

function withoutComments(code: string): string {
  return code.replaceAll(/[ \t]*(?:#|\/\/ ).*$/gm, '')
}

/** But those from one language to the other. */
function linksOf(prose: string): string[] {
  const targets = [...prose.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => !/^README(\.zh-CN)?\.md$/.test(target)).sort()
}

test('the README in Chinese has the headings, commands, tables and links of the English one', () => {
  expect(bones(page('README.zh-CN.md'))).toEqual(bones(page('README.md')))
})

test('a heading, a command or a link that only one of them has would be noticed', () => {
  const english = bones(page('README.md'))
  const changes: readonly (readonly [string, string])[] = [
    ['## Status', '### Status'],
    ['npx lading resume ', 'npx lading resume --list '],
    ['(docs/access.md)', '(docs/operating.md)'],
    ['`--limit`', '`--limits`'],
  ]
  for (const [before, after] of changes) {
    const changed = page('README.md').replace(before, after)
    expect(bones(changed)).not.toEqual(english)
  }
})

test('every command that the READMEs show is one, with flags that it has', async () => {
  const program = await makeProgram(() => async () => {}, '')
  const lines = [page('README.md'), page('packages/cli/README.md')]
    .flatMap((text) => [...text.matchAll(/^(?:npx )?lading ([a-z][^#\n]*)/gm)])
    .map(([, words = '']) => words.trim().split(/\s+/))
  expect(lines.length).toBeGreaterThan(10)
  for (const [name, ...words] of lines) {
    const command = program.commands.find((known) => known.name() === name)
    expect(command, `lading ${name}`).toBeDefined()
    const flags = words.filter((word) => word.startsWith('--'))
    const known = [command, ...(command?.commands ?? [])].flatMap((one) => one?.options ?? [])
    for (const flag of flags) {
      expect(known.map(({ long }) => long)).toContain(flag.split('=')[0])
    }
  }
})
