/**
 * `npm run proof [-- SECTION... [--seed S] [--steps N] [--restart]]`: the full counts behind
 * `docs/reliability.md`. A section is a row of the table below, run step by step, each with a seed of
 * its own. What a step showed is kept under `node_modules/.cache/lading/proof`, so a run that was
 * stopped goes on with the next step; a run that is over, or of other sources, begins again. Without
 * a section it lists them.
 */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { root, runNode, runScript, SetUpError, setUp } from './setup.mjs'

/**
 * `files` are given to vitest, and `env` to them, besides `LADING_SEED` (the step's own), `LADING_PROOF`
 * (the section) and `LADING_PROOF_STEP` (such as `2/8`, the second of eight); what the environment says already stands, so that a step can be made shorter. What tests
 * report with `reportFigure` is summed over the steps.
 */
const sections = {
  'power-loss': {
    shows: 'every state that a power cut may leave, opened by the real store',
    files: ['tests/power-loss/crash-states.test.ts'],
    steps: 16,
    env: {},
  },
  controls: {
    shows: 'stores with a sync left out or a step misplaced, each of which must be caught',
    files: ['tests/power-loss/controls.test.ts'],
    steps: 5,
    env: {},
  },
  faults: {
    shows: 'every kind of call made to fail at each of its turns',
    files: ['tests/power-loss/faults.test.ts'],
    // Each takes its share of the same table.
    steps: 8,
    env: {},
  },
  'loop-cuts': {
    shows: 'cuts of ext4 and xfs on a loop device; needs root',
    files: ['tests/power-loss/loop-cuts.test.ts'],
    steps: 10,
    env: {},
  },
  kill: {
    shows: 'kill -9 of the server, of a worker, and of all at once, in mid-work',
    files: ['tests/crash/'],
    steps: 20,
    env: { LADING_CRASH_ROUNDS: '50' },
  },
  histories: {
    shows: 'concurrent histories over two workers, with kills and lost answers',
    files: ['tests/linearizability/'],
    steps: 20,
    env: { LADING_HISTORIES: '500' },
  },
  'bit-rot': {
    shows: 'bytes that change on the disk, in blobs, rows and pages',
    files: ['tests/bit-rot/'],
    steps: 10,
    env: { LADING_FLIPS: '500' },
  },
  clocks: {
    shows: 'clocks that jump by an hour, ahead and back',
    files: ['tests/clocks/'],
    steps: 5,
    env: { LADING_CLOCK_JUMPS: '40' },
  },
  soak: {
    shows: 'a long run of everything at once: what it takes up stays the same',
    files: ['tests/soak/'],
    steps: 1,
    env: { LADING_SOAK_MINUTES: '45' },
  },
  model: {
    shows: 'every state of two uploads, three actors, a crash and the collector',
    files: ['tests/state-model/'],
    steps: 1,
    env: {},
  },
}

const folder = `${root}node_modules/.cache/lading/proof`

await runScript(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      steps: { type: 'string' },
      restart: { type: 'boolean', default: false },
    },
  })
  if (positionals.length === 0) {
    for (const [name, { shows, steps }] of Object.entries(sections)) {
      console.log(`${name.padEnd(14)} ${String(steps).padStart(4)} steps  ${shows}`)
    }
    return 0
  }
  for (const name of positionals) {
    if (!Object.hasOwn(sections, name)) {
      const known = Object.keys(sections).join(', ')
      throw new SetUpError(`There is no section ${name}. These there are: ${known}.`)
    }
  }
  const seed = positive('seed', values.seed)
  const steps = values.steps === undefined ? undefined : positive('steps', values.steps)
  await setUp()
  for (const name of positionals) {
    const code = await prove(name, { seed, steps, restart: values.restart })
    if (code !== 0) return code
  }
  return 0
})

function positive(name, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new SetUpError(`--${name} takes a positive whole number.`)
  return Number(text)
}

async function prove(name, { seed, steps: given, restart }) {
  const { files, steps: usual, env } = sections[name]
  const steps = given ?? usual
  const progressFile = `${folder}/${name}.json`
  const figuresFile = `${folder}/${name}.figures`
  const of = { seed, steps, sources: fingerprintOfSources() }
  mkdirSync(folder, { recursive: true })
  const progress = (!restart && unfinished(progressFile, of)) || { ...of, done: 0, figures: {} }
  if (progress.done > 0) console.log(`${name}: going on after step ${progress.done} of ${steps}`)
  const started = Date.now()
  while (progress.done < steps) {
    const stepSeed = seed + progress.done
    console.log(`${name}: step ${progress.done + 1} of ${steps}, seed ${stepSeed}`)
    rmSync(figuresFile, { force: true })
    const code = await runNode(
      'node_modules/vitest/vitest.mjs',
      ['run', '--project', 'system', '--testTimeout', '3600000', ...files],
      {
        env: {
          ...env,
          ...process.env,
          LADING_SEED: String(stepSeed),
          LADING_PROOF: name,
          LADING_PROOF_STEP: `${progress.done + 1}/${steps}`,
          LADING_FIGURES: figuresFile,
        },
      },
    )
    if (code !== 0) {
      console.log(`${name}: step ${progress.done + 1} failed; the same command tries it again`)
      return code
    }
    for (const [figure, value] of figuresIn(figuresFile)) {
      progress.figures[figure] = (progress.figures[figure] ?? 0) + value
    }
    progress.done += 1
    writeFileSync(progressFile, JSON.stringify(progress))
  }
  const seconds = Math.round((Date.now() - started) / 1000)
  console.log(`${name}: ${steps} steps from seed ${seed}; the last run took ${seconds} s`)
  for (const [figure, value] of Object.entries(progress.figures))
    console.log(`  ${figure}: ${value}`)
  return 0
}

/** What an earlier run of the same kind had done, unless it came to its end. */
function unfinished(file, { seed, steps, sources }) {
  if (!existsSync(file)) return undefined
  const kept = JSON.parse(readFileSync(file, 'utf8'))
  const same = kept.seed === seed && kept.steps === steps && kept.sources === sources
  return same && kept.done < steps ? kept : undefined
}

/** Figures of two versions must not be added up. */
function fingerprintOfSources() {
  const hash = createHash('sha256')
  for (const folder of ['packages', 'tests']) {
    const files = readdirSync(`${root}${folder}`, { recursive: true })
      .map((file) => file.replaceAll('\\', '/'))
      .filter(
        (file) => /\.(ts|c|mjs|json)$/.test(file) && !/(^|\/)(node_modules|dist)\//.test(file),
      )
    for (const file of files.sort()) {
      hash.update(`${file}\0`).update(readFileSync(`${root}${folder}/${file}`))
    }
  }
  return hash.digest('hex')
}

function figuresIn(file) {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
