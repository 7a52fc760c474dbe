/**
 * `npm run bench [-- --quick] [SECTION ...]`: measures side by side with others, tells each row as it
 * comes, and writes all of them to bench/results. Ends with 0 whatever the verdicts are: a busy machine
 * is no failure.
 */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stopAll } from './child.ts'
import { formatRow, Group, type Row, toMarkdown, verdictOf } from './report.ts'
import { type Bench, sections } from './sections.ts'

/** Where the repository lies, from bench/dist/bench. */
const root = fileURLToPath(new URL('../../..', import.meta.url))
const results = join(root, 'bench/results')
const page = join(root, 'docs/performance.md')
const marks = ['<!-- figures -->', '<!-- end of figures -->'] as const

const args = process.argv.slice(2)
if (args.includes('--docs')) {
  await copyToPage()
} else {
  await measure(args.filter((arg) => !arg.startsWith('--')))
}

async function measure(names: readonly string[]): Promise<void> {
  const quick = args.includes('--quick')
  const unknown = names.find((name) => !(name in sections))
  if (unknown) {
    console.error(`There is no section ${unknown}; there are ${Object.keys(sections).join(', ')}.`)
    process.exit(2)
  }
  const began = new Date()
  const busy = loadavg()[0] ?? 0
  const directory = await mkdtemp(join(process.env.LADING_BENCH_DIRECTORY ?? tmpdir(), 'lading-'))
  const rows: Row[] = []
  try {
    for (const [name, run] of Object.entries(sections)) {
      if (names.length > 0 && !names.includes(name)) continue
      const group = (heading: string): Group => {
        console.log(`\n### ${heading}\n`)
        return new Group(heading, (row) => {
          rows.push(row)
          console.log(formatRow(row))
        })
      }
      const bench: Bench = { quick, directory: join(directory, name), group }
      await mkdir(bench.directory)
      try {
        await run(bench)
      } catch (error) {
        console.error(`\nThe section ${name} was not measured to its end:`, error)
      } finally {
        await stopAll()
      }
      await rm(bench.directory, { recursive: true, force: true })
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  const seconds = Math.round((Date.now() - began.getTime()) / 1000)
  const over = rows.filter((row) => verdictOf(row) === 'over').length
  const about = [
    `${began.toISOString().slice(0, 16).replace('T', ' ')} UTC, Node ${process.version}, ${availableParallelism()} cores of ${cpus()[0]?.model ?? 'unknown'}${quick ? ', `--quick`' : ''}, ${seconds} s, load average ${busy.toFixed(1)} before it.`,
    `${rows.filter((row) => verdictOf(row) === 'ok').length} bounds are kept, ${over} are not.`,
  ]
  await mkdir(results, { recursive: true })
  await writeFile(join(results, 'latest.md'), toMarkdown(rows, about))
  await writeFile(join(results, 'latest.json'), `${JSON.stringify({ about, rows }, null, 2)}\n`)
  console.log(`\n${about.join('\n')}\nbench/results/latest.md has all of it.`)
}

/** Puts the latest results between the marks of docs/performance.md. */
async function copyToPage(): Promise<void> {
  const [text, figures] = await Promise.all([
    readFile(page, 'utf8'),
    readFile(join(results, 'latest.md'), 'utf8'),
  ])
  const [before = '', rest = ''] = text.split(marks[0])
  const after = rest.split(marks[1])[1] ?? ''
  await writeFile(page, `${before}${marks[0]}\n\n${figures}\n${marks[1]}${after}`)
  console.log('docs/performance.md has the figures of bench/results/latest.md.')
}
