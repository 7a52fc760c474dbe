/**
 * `npm run bench [-- --quick] [--scale] [SECTION ...]`: measures side by side with others, tells each row as it
 * comes, and writes all of them to bench/results. Ends with 0 whatever the verdicts are: a busy machine
 * is no failure.
 */

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stopAll } from './child.ts'
import { type Compared, comparedTable, type Language } from './compared.ts'
import { formatRow, Group, type Row, toMarkdown, verdictOf } from './report.ts'
import { askedFor, type Bench, sections } from './sections.ts'

/** Where the repository lies, from bench/dist/bench. */
const root = fileURLToPath(new URL('../../..', import.meta.url))
const results = join(root, 'bench/results')
const page = join(root, 'docs/performance.md')
const figureMarks = ['<!-- figures -->', '<!-- end of figures -->'] as const
const scalePage = join(root, 'docs/scaling.md')
const scaleMarks = ['<!-- scale -->', '<!-- end of scale -->'] as const
const frontPages: Readonly<Record<Language, string>> = {
  en: join(root, 'README.md'),
  'zh-CN': join(root, 'README.zh-CN.md'),
}
const comparedMarks = ['<!-- compared -->', '<!-- end of compared -->'] as const

const args = process.argv.slice(2)
if (args.includes('--docs')) {
  await copyToPages()
} else {
  const asked = Object.keys(askedFor).filter((name) => args.includes(`--${name}`))
  await measure([...asked, ...args.filter((arg) => !arg.startsWith('--'))])
}

async function measure(names: readonly string[]): Promise<void> {
  const quick = args.includes('--quick')
  const all = names.length > 0 ? { ...sections, ...askedFor } : sections
  const unknown = names.find((name) => !(name in all))
  if (unknown) {
    console.error(`There is no section ${unknown}; there are ${Object.keys(all).join(', ')}.`)
    process.exit(2)
  }
  const began = new Date()
  const busy = loadavg()[0] ?? 0
  const directory = await mkdtemp(join(process.env.LADING_BENCH_DIRECTORY ?? tmpdir(), 'lading-'))
  const rows: Row[] = []
  const compared: Compared[] = []
  try {
    for (const [name, run] of Object.entries(all)) {
      if (names.length > 0 && !names.includes(name)) continue
      const group = (heading: string): Group => {
        console.log(`\n### ${heading}\n`)
        return new Group(heading, (row) => {
          rows.push(row)
          console.log(formatRow(row))
        })
      }
      const compare = (row: Compared | undefined): void => void (row && compared.push(row))
      const bench: Bench = { quick, directory: join(directory, name), group, compare }
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
  // Some sections are no run that a page could show.
  const file =
    names.length === 0 ? 'latest' : names.every((name) => name in askedFor) ? 'scale' : 'some'
  await writeFile(join(results, `${file}.md`), toMarkdown(rows, about))
  const json = JSON.stringify({ about, rows, compared }, null, 2)
  await writeFile(join(results, `${file}.json`), `${json}\n`)
  console.log(`\n${about.join('\n')}\nbench/results/${file}.md has all of it.`)
}

/** Puts the latest results between the marks of the pages: those of all sections, and those of gateways. */
async function copyToPages(): Promise<void> {
  const latest = await resultsIn('latest.md')
  if (latest !== undefined) await fill(page, figureMarks, latest)
  const json = await resultsIn('latest.json')
  if (json !== undefined) {
    const { about, compared } = JSON.parse(json) as {
      readonly about: readonly string[]
      readonly compared: readonly Compared[]
    }
    for (const [language, path] of Object.entries(frontPages) as [Language, string][]) {
      await fill(path, comparedMarks, `${comparedTable(compared, about[0] ?? '', language)}\n`)
    }
  }
  const ofGateways = await resultsIn('scale.md')
  if (ofGateways !== undefined) await fill(scalePage, scaleMarks, ofGateways)
}

/** `undefined` where nothing was measured yet. */
async function resultsIn(name: string): Promise<string | undefined> {
  const path = join(results, name)
  return existsSync(path) ? await readFile(path, 'utf8') : undefined
}

async function fill(
  path: string,
  [begin, end]: readonly [begin: string, end: string],
  content: string,
): Promise<void> {
  const name = path.slice(root.length)
  const text = await readFile(path, 'utf8').catch(() => '')
  if (!text.includes(begin) || !text.includes(end)) {
    console.log(`${name} has no place for it: ${begin} ... ${end}`)
    return
  }
  const [before = '', rest = ''] = text.split(begin)
  const after = rest.split(end)[1] ?? ''
  await writeFile(path, `${before}${begin}\n\n${content}\n${end}${after}`)
  console.log(`${name} has what was measured.`)
}
