/**
 * Makes the tables of `docs/scaling.md` that are reckoned and not measured: what two loads would need,
 * out of what one operation costs. `--check` writes nothing and fails where the page says anything else.
 * Its assumptions stand there, beside the tables.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { root, runScript, SetUpError } from '../scripts/setup.mjs'

/**
 * As `npm run bench -- --scale` measured them: milliseconds of processors and bytes for each operation, and
 * what bytes cost a gateway, in seconds for each GiB. The two costs of a part are those by which parts of
 * 100 KiB took 33 s/GiB and parts of 8 MiB 6.7.
 */
const costs = {
  part: { gatewayMs: 2.6, databaseMs: 0.23, log: 833 },
  /** InitiateMultipartUpload and CompleteMultipartUpload. */
  upload: { gatewayMs: 3.8, databaseMs: 0.45, log: 2_683 },
  row: 874,
  partOfManifest: 48,
  gatewayPerGiB: 6.3,
}

const loads = [
  { name: 'small', partsPerSecond: 100_000, partSize: 100 * 1024, parts: 10, objects: 1e9 },
  { name: 'big', partsPerSecond: 1_000, partSize: 8 * 1024 ** 2, parts: 100, objects: 1e9 },
]

const COPIES = 3
const USED = 0.6
/** Time of a backend, to that of its statements. */
const AROUND = 2
const PRIMARY_CORES = 64
const PRIMARY_LOG = 1e9
const HELD_MS = 2
/** Rows over which what a bucket holds is counted, and those that stand for all keys. */
const COUNTERS = 64
const KEY_SLOTS = 4_096

const begin = '<!-- model -->'
const end = '<!-- end of model -->'

await runScript(async () => {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
  const path = `${root}docs/scaling.md`
  const page = readFileSync(path, 'utf8')
  const [before, rest = ''] = page.split(begin)
  const [, after = ''] = rest.split(end)
  const made = `${before}${begin}\n\n${needsOf(loads)}\n\n${waitsOf()}\n\n${end}${after}`
  if (!values.check) writeFileSync(path, made)
  else if (page !== made) {
    throw new SetUpError(
      'docs/scaling.md is not what the model says; run `node tools/build-scaling-model.mjs`.',
    )
  }
  console.log(`${loads.length} loads`)
  return 0
})

/** What each load needs, a column each. */
function needsOf(all) {
  const columns = all.map((load) => {
    const { partsPerSecond, partSize, parts, objects } = load
    const uploads = partsPerSecond / parts
    const bytes = partsPerSecond * partSize
    const each = (cost) => partsPerSecond * costs.part[cost] + uploads * costs.upload[cost]
    const gatewayCores =
      (each('gatewayMs') / 1000 + (bytes / 1024 ** 3) * costs.gatewayPerGiB) / USED
    const databaseCores = (AROUND * each('databaseMs')) / 1000 / USED
    const log = each('log') + partsPerSecond * costs.partOfManifest
    const services = Math.max(databaseCores / PRIMARY_CORES, log / PRIMARY_LOG)
    const stored = objects * parts * partSize
    return [
      `${count(partsPerSecond)} parts/s of ${size(partSize)}, ${count(objects)} objects of ${parts} parts`,
      `${size(bytes)}/s`,
      count(gatewayCores),
      `${size((2 * bytes) / gatewayCores)}/s`,
      count(databaseCores),
      `${size(log)}/s`,
      count(Math.ceil(services)),
      size(objects * (costs.row + parts * costs.partOfManifest)),
      size(stored),
      size(stored * COPIES),
      count(objects * parts),
      count((objects * parts) / 100_000),
    ]
  })
  const names = [
    '',
    'bytes that arrive',
    'cores of gateways',
    'network of each of those cores, in and out',
    'cores of databases',
    'log of databases',
    'services, each with a primary of its own',
    'rows of objects, with their indexes',
    'bytes kept',
    `bytes on disks, ${COPIES} copies`,
    'objects of the engine',
    'index shards of the engine, 100,000 objects each',
  ]
  const row = (cells) => `| ${cells.join(' | ')} |`
  const cells = names.map((name, at) => row([name, ...columns.map((column) => column[at])]))
  return [cells[0], row(names.slice(0, all.length + 1).map(() => '---')), ...cells.slice(1)].join(
    '\n',
  )
}

/**
 * What rows that several commits change at once let through, by simulation: so many commits at a time, each
 * of one row by chance, held until the commit is on disk.
 */
function waitsOf() {
  const rows = [
    [`parts of one bucket (${COUNTERS} rows of counts)`, COUNTERS],
    [`keys of one service (${KEY_SLOTS.toLocaleString('en')} rows)`, KEY_SLOTS],
  ].flatMap(([name, places]) =>
    [16, 64, 256].map((commits) => {
      const { perSecond, slowest } = simulate({ places, commits })
      return `| ${name} | ${commits} | ${count(perSecond)}/s | ${count((commits / HELD_MS) * 1000)}/s | ${slowest.toFixed(1)} ms |`
    }),
  )
  return [
    '| rows that are held | commits at a time | come through | without waiting | p99 of a commit |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function simulate({ places, commits }) {
  const random = mulberry32(20_261_123)
  const freeAt = new Float64Array(places)
  const clients = new Float64Array(commits)
  const waits = []
  const many = 40_000
  let now = 0
  for (let done = 0; done < many; done += 1) {
    // Whoever is ready first takes its place in the queue of a row.
    const next = clients.indexOf(Math.min(...clients))
    const asked = clients[next]
    const place = Math.floor(random() * places)
    const over = Math.max(asked, freeAt[place]) + HELD_MS
    freeAt[place] = over
    clients[next] = over
    waits.push(over - asked)
    now = Math.max(now, asked)
  }
  waits.sort((one, other) => one - other)
  return { perSecond: (many / now) * 1000, slowest: waits[Math.floor(many * 0.99)] }
}

function mulberry32(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Two figures of it are enough: it is a model. */
function count(value) {
  return Number(value.toPrecision(2)).toLocaleString('en')
}

function size(bytes) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB']
  const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${Number((bytes / 1000 ** at).toPrecision(2))} ${units[at]}`
}
