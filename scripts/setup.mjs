/** Makes a fresh clone ready to run: the packages installed, the sources compiled. Needs only Node and npm. */

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the repository lies. */
export const root = fileURLToPath(new URL('..', import.meta.url))

const OLDEST_NODE = [20, 19]
const stampFile = `${root}node_modules/.lading-setup`

/** A failure that its message explains in full; shown without a stack. */
export class SetUpError extends Error {}

/**
 * Resolves once packages and compiled sources are those of this checkout. Says so in two lines when
 * there was anything to install, and nothing otherwise.
 *
 * @throws {SetUpError} what went wrong, with the log of the step that failed.
 */
export async function setUp() {
  await installPackages()
  await compile()
}

/** Installs what the lock names, unless exactly that is there already. */
export async function installPackages() {
  requireNode()
  const wanted = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .update(`node ${process.version} ${process.platform} ${process.arch}`)
    .digest('hex')
  // The stamp lives inside node_modules, so it vanishes with it: file times are not reliable after
  // a checkout, and `npm ci` deletes the folder first, so an interrupted install leaves no stamp.
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return

  console.log('Setting up: installing packages (once; about a minute) ...')
  // NODE_ENV=production or omit=dev would leave out the compiler.
  const { code, output } = await runNpm(['ci', '--include=dev', '--no-audit', '--no-fund'])
  if (code !== 0) {
    throw new SetUpError(
      `${output}\nThe packages could not be installed: \`npm ci\` ended with ${code}. ` +
        'Its log is above. It needs a network or a filled npm cache; then run the same command again.',
    )
  }
  writeFileSync(stampFile, wanted)
  console.log('Setting up: compiling ...')
}

/** Makes every package's `dist`; quick when nothing has changed. */
export async function compile() {
  await Promise.all([compilePackages(), buildConsole()])
}

async function compilePackages() {
  const { code, output } = await run(process.execPath, [
    `${root}node_modules/typescript/bin/tsc`,
    '-b',
    root,
  ])
  if (code !== 0) throw new SetUpError(`${output}\nThe sources do not compile; see above.`)
  for (const name of readdirSync(`${root}packages`)) removeStaleOutput(`${root}packages/${name}`)
}

/**
 * Builds the console, of its sources and those of the client, unless it is built of just these. A
 * second or two; the bundler would not know by itself that there is nothing to do.
 */
async function buildConsole() {
  const folders = ['packages/console', 'packages/client', 'packages/protocol']
  const sum = createHash('sha256').update(readFileSync(`${root}package-lock.json`))
  for (const file of folders.flatMap(sourcesOf)) sum.update(file).update(readFileSync(root + file))
  const wanted = sum.digest('hex')
  const built = `${root}packages/console/dist/index.html`
  const stamp = `${root}node_modules/.cache/lading/console`
  if (existsSync(built) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const config = ['build', '--config', `${root}packages/console/vite.config.mjs`]
  const { code, output } = await run(process.execPath, [
    `${root}node_modules/vite/bin/vite.js`,
    ...config,
  ])
  if (code !== 0) throw new SetUpError(`${output}\nThe console cannot be built; see above.`)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
}

/** What a package is built of, relative to the repository. */
function sourcesOf(folder) {
  const isBuilt = (file) => /^(dist|node_modules)\b/.test(file)
  return readdirSync(`${root}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => relative(`${root}${folder}`, join(entry.parentPath, entry.name)))
    .filter((file) => !isBuilt(file))
    .map((file) => `${folder}/${file}`)
    .sort()
}

/** The compiler leaves what it made of a source that is gone, and it would be published. */
function removeStaleOutput(folder) {
  // Another builder's output has no source of the same name.
  if (!existsSync(`${folder}/dist/.tsbuildinfo`)) return
  for (const file of readdirSync(`${folder}/dist`, { recursive: true })) {
    const source = file.replace(/([.]d)?[.](js|ts)([.]map)?$/, '')
    if (source === file || existsSync(`${folder}/src/${source}.ts`)) continue
    rmSync(`${folder}/dist/${file}`, { force: true })
  }
}

/** Runs `main` as a script: its result is the exit code, and a `SetUpError` is told in plain words. */
export async function runScript(main) {
  try {
    process.exitCode = await main()
  } catch (error) {
    console.error(error instanceof SetUpError ? error.message : error)
    process.exitCode = 1
  }
}

/**
 * Runs `file` of the repository under this Node with the terminal as its own; resolves with its
 * exit code, 1 when a signal ended it.
 */
export function runNode(file, args = [], options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`${root}${file}`, ...args], {
      cwd: root,
      stdio: 'inherit',
      ...options,
    })
    // A terminal sends Ctrl-C to both of us: the child ends in its own way, and then so do we.
    const wait = () => undefined
    process.on('SIGINT', wait)
    child.once('error', reject)
    child.once('exit', (code) => {
      process.off('SIGINT', wait)
      resolve(code ?? 1)
    })
  })
}

/** Runs a command with nothing on the terminal; resolves with its exit code and all it printed. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    })
    const chunks = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    child.once('error', (cause) => {
      reject(new SetUpError(`\`${command}\` could not be started: ${cause.message}`, { cause }))
    })
    child.once('close', (code) => {
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8').trimEnd() })
    })
  })
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new SetUpError(
    `Lading needs Node.js ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.`,
  )
}

/** Runs the npm that started us, if one did, without the settings that it meant for our script. */
export function runNpm(args, options = {}) {
  const settings = { env: outsideEnvironment(), ...options }
  const cli = process.env.npm_execpath
  if (cli && /npm-cli\.js$/.test(cli)) return run(process.execPath, [cli, ...args], settings)
  // On Windows npm is a batch file, which only a shell starts.
  return run('npm', args, { ...settings, shell: process.platform === 'win32' })
}

/**
 * npm passes its settings on to scripts as `npm_config_*`, among them its own working directory and
 * the flags of `npm start`; an inner npm that inherits them installs in the wrong place. What says
 * where packages come from is the user's and stays.
 */
function outsideEnvironment() {
  const source =
    /^npm_config_(@.*|\/\/.*|registry|cache|userconfig|globalconfig|.*proxy|noproxy|ca|cafile|strict_ssl|offline|prefer_offline)$/
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config|package|lifecycle)_/.test(name) || source.test(name),
    ),
  )
}
