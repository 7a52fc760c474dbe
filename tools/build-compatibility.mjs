/**
 * Makes `docs/compatibility.md`: which operations of OSS we speak, and which answers of each the tests
 * in `tests/operations` show. Runs those tests and reads the access logs of their servers; `--records
 * DIR` takes the logs of an earlier run instead. `--check` writes nothing and fails where the page says
 * anything else. `--page FILE` is another page.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root, runNode, runScript, SetUpError } from '../scripts/setup.mjs'

const FOLDER = 'tests/operations'
const NOT_IMPLEMENTED = `${FOLDER}/not-implemented`

await runScript(async () => {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      records: { type: 'string' },
      page: { type: 'string', default: `${root}docs/compatibility.md` },
    },
  })
  const page = await makePage(values.records ?? (await recordOperations()))
  if (!values.check) {
    writeFileSync(values.page, page)
    return 0
  }
  const difference = firstDifference(readFileSync(values.page, 'utf8'), page)
  if (difference) {
    throw new SetUpError(
      `${values.page} is not what the tests show; run \`node tools/build-compatibility.mjs\`.\n${difference}`,
    )
  }
  return 0
})

/** Runs the tests of all operations; resolves with the directory of what was recorded. */
async function recordOperations() {
  const directory = mkdtempSync(join(tmpdir(), 'lading-records-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const code = await runNode(
    'node_modules/vitest/vitest.mjs',
    ['run', '--project', 'sockets', FOLDER],
    { env: { ...process.env, LADING_SUITE_RECORDS: directory } },
  )
  if (code !== 0) throw new SetUpError('The tests of the operations failed; see above.')
  return directory
}

async function makePage(records) {
  const { operations } = await import('../packages/server/dist/api/operations.js')
  const refused = JSON.parse(readFileSync(`${root}${NOT_IMPLEMENTED}.json`, 'utf8'))
  const unspoken = new Set(
    readRecords(records, `${NOT_IMPLEMENTED}.test.ts`)
      .filter(({ code }) => code === 'NotImplemented')
      .map(({ method, target }) => `${method} ${target}`),
  )
  const lines = [
    '# What is spoken of OSS',
    '',
    'Made by `node tools/build-compatibility.mjs` from the access logs of the tests in',
    `\`${FOLDER}\`: an answer stands here when a test got it over a socket. A full \`npm test\``,
    'fails when this page says anything else.',
    '',
    '| operation | request | succeeds with | refuses with | test |',
    '|---|---|---|---|---|',
    ...operations.map((operation) => operationRow(operation, records)),
    '',
    '## What is refused',
    '',
    'These operations of OSS are answered `NotImplemented`, whatever else they carry.',
    '',
    '| operation | request | answer |',
    '|---|---|---|',
    ...refused.map(({ operation, method, target }) => {
      const shown = unspoken.has(`${method} ${target}`)
      const answer = shown ? '`NotImplemented`' : '**missing**'
      return `| ${operation} | \`${method} ${target}\` | ${answer} |`
    }),
    '',
  ]
  return lines.join('\n')
}

function operationRow({ name, method, resource, query }, records) {
  const file = `${FOLDER}/${kebab(name)}.test.ts`
  const answers = readRecords(records, file).filter(({ operation }) => operation === name)
  const successes = distinct(answers.filter(({ status }) => status < 400).map(shown))
  const refusals = distinct(answers.filter(({ status }) => status >= 400).map(shown))
  const request = `${method} ${addressOf(resource)}${query.length > 0 ? `?${query.join('&')}` : ''}`
  const test = existsSync(`${root}${file}`) ? `[${kebab(name)}](../${file})` : '**missing**'
  return `| ${name} | \`${request}\` | ${successes || '**missing**'} | ${refusals} | ${test} |`
}

/** The whole requests that the servers of one test file logged. */
function readRecords(records, file) {
  const folder = join(records, file)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter(({ msg, aborted }) => msg === 'request' && !aborted)
}

function shown({ status, code }) {
  return code === undefined ? `${status}` : `${status} ${code}`
}

function distinct(answers) {
  return [...new Set(answers)].sort().join(', ')
}

function addressOf(resource) {
  return { service: '/', bucket: '/BUCKET', object: '/BUCKET/KEY' }[resource]
}

/** `ListObjectsV2` is `list-objects-v2`. */
function kebab(name) {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()
}

function firstDifference(found, expected) {
  const [had, has] = [found.split('\n'), expected.split('\n')]
  const at = has.findIndex((line, index) => line !== had[index])
  if (at < 0 && had.length === has.length) return undefined
  const line = at < 0 ? has.length : at
  return `line ${line + 1}\n  the page:  ${had[line] ?? '(ends)'}\n  the tests: ${has[line] ?? '(end)'}`
}
