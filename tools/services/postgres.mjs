/**
 * A PostgreSQL to throw away, out of the system's own packages: without systemd, as root or not.
 *
 *     node tools/services/postgres.mjs start [--dir DIR] [--port N]     prints its address
 *     node tools/services/postgres.mjs stop DIR
 *
 * As root the server runs as the user `postgres`, because PostgreSQL refuses to run as root. Tests use
 * `startPostgres`, which ends with them.
 */

import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { accessSync, closeSync, constants, existsSync, openSync, readdirSync } from 'node:fs'
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Says that a directory is ours to delete. */
const MARK = '.lading-throw-away'

/** Where the server's programs are; `undefined` when there is no PostgreSQL here. */
export function findPostgres() {
  const packaged = '/usr/lib/postgresql'
  const versions = existsSync(packaged) ? readdirSync(packaged) : []
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a))
  const places = [
    ...newestFirst.map((version) => join(packaged, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ]
  return places.find((place) => isExecutable(join(place, 'initdb')))
}

/**
 * @param {object} [options]
 * @param {string} [options.dir] An empty directory, or one to be made. Default: a temporary one.
 * @param {number} [options.port] Default: a free one.
 * @param {boolean} [options.syncs] Whether a commit is on the disk when it is answered. Default false.
 * @param {boolean} [options.outlives] Whether it stays when this process ends. Default false.
 * @param {Record<string, string | number>} [options.settings] As in postgresql.conf.
 */
export async function startPostgres(options = {}) {
  const { dir, port, syncs = false, outlives = false, settings = {} } = options
  const bin = findPostgres()
  if (!bin) throw new Error('There is no PostgreSQL here: apt-get install postgresql')
  const place = dir ? resolve(dir) : await mkdtemp(join(tmpdir(), 'lading-postgres-'))
  await mkdir(place, { recursive: true })
  if (readdirSync(place).length > 0) throw new Error(`${place} is not empty.`)
  await writeFile(join(place, MARK), '')
  const service = new Postgres(bin, place, port ?? (await freePort()), outlives)
  await service.create({ syncs, settings })
  return service
}

class Postgres {
  #bin
  #outlives
  #server

  constructor(bin, dir, port, outlives) {
    this.#bin = bin
    this.#outlives = outlives
    this.dir = dir
    this.port = port
    this.password = randomBytes(12).toString('hex')
    this.url = this.urlOf('lading')
  }

  urlOf(database) {
    return `postgres://lading:${this.password}@127.0.0.1:${this.port}/${database}`
  }

  async create({ syncs, settings }) {
    const passwordFile = join(this.dir, 'password')
    await writeFile(passwordFile, this.password, { mode: 0o600 })
    if (isRoot()) {
      await chmod(this.dir, 0o755)
      await run('chown', ['-R', 'postgres:', this.dir])
    }
    // -N: what is thrown away anyway need not be synced when it is made.
    const made = ['-N', '-U', 'lading', '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C']
    await this.#as('initdb', [...made, '-D', this.#data, `--pwfile=${passwordFile}`])
    await rm(passwordFile)
    const all = {
      listen_addresses: "'127.0.0.1'",
      port: this.port,
      unix_socket_directories: "''",
      shared_buffers: "'64MB'",
      max_wal_size: "'256MB'",
      log_min_messages: 'warning',
      ...(syncs ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
      ...settings,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`)
    await appendFile(join(this.#data, 'postgresql.conf'), lines.join(''))
    await this.start()
    await this.query('CREATE DATABASE lading', 'postgres')
  }

  /** Resolves once it takes connections; does nothing where it runs. */
  async start() {
    if (this.#runs) return
    const path = join(this.dir, 'server.log')
    const log = openSync(path, 'a')
    const ends = this.#outlives ? [] : ['--pdeathsig', 'QUIT']
    const [command, args] = this.#command('postgres', ['-D', this.#data], ends)
    this.#server = spawn(command, args, { stdio: ['ignore', log, log], cwd: this.dir })
    closeSync(log)
    this.#server.unref()
    for (let tries = 0; ; tries++) {
      try {
        await this.query('SELECT 1', 'postgres')
        return
      } catch (cause) {
        if (this.#server.exitCode === null && tries < 300) await sleep(50)
        else
          throw new Error(`PostgreSQL does not start: ${await readFile(path, 'utf8')}`, { cause })
      }
    }
  }

  /** Ends it at once, as a crash would; what it has told is on the disk only with `syncs`. */
  async kill() {
    await this.#signal('SIGQUIT')
  }

  /** Closes all connections and starts again. */
  async restart() {
    await this.#signal('SIGINT')
    await this.start()
  }

  /** Ends all connections but the one that asks; resolves with how many those were. */
  async terminateBackends() {
    const [row] = await this.query(
      'SELECT count(pg_terminate_backend(pid))::int4 AS ended FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()',
    )
    return row.ended
  }

  /** Runs one statement over a connection of its own. */
  async query(text, database = 'lading', values = []) {
    const { default: pg } = await import('pg')
    const client = new pg.Client({ connectionString: this.urlOf(database) })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query(text, values)).rows
    } finally {
      await client.end()
    }
  }

  /** Ends it and deletes all it kept. */
  async stop() {
    await this.#signal('SIGQUIT')
    await rm(this.dir, { recursive: true, force: true })
  }

  get #data() {
    return join(this.dir, 'data')
  }

  get #runs() {
    return this.#server && this.#server.exitCode === null && this.#server.signalCode === null
  }

  async #signal(signal) {
    if (!this.#runs) return
    const server = this.#server
    server.ref()
    const ended = new Promise((settle) => server.once('exit', settle))
    server.kill(signal)
    await ended
  }

  async #as(program, args) {
    const [command, all] = this.#command(program, args)
    await run(command, all, { cwd: this.dir })
  }

  /** `privileges` are options of setpriv. */
  #command(program, args, privileges = []) {
    const user = isRoot() ? ['--reuid', 'postgres', '--regid', 'postgres', '--init-groups'] : []
    return ['setpriv', [...user, ...privileges, '--', join(this.#bin, program), ...args]]
  }
}

/** Ends the server that was started in `dir`, perhaps by another process, and deletes it. */
async function stopIn(dir) {
  const place = resolve(dir)
  if (!existsSync(join(place, MARK))) throw new Error(`${dir} is no server of ours.`)
  const pid = Number((await readFile(join(place, 'data/postmaster.pid'), 'utf8')).split('\n')[0])
  process.kill(pid, 'SIGQUIT')
  while (existsSync(join(place, 'data/postmaster.pid')) && isAlive(pid)) await sleep(50)
  await rm(place, { recursive: true, force: true })
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function isRoot() {
  return process.getuid?.() === 0
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function freePort() {
  const server = createServer()
  await new Promise((settle) => server.listen(0, '127.0.0.1', settle))
  const { port } = server.address()
  await new Promise((settle) => server.close(settle))
  return port
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [action, ...rest] = process.argv.slice(2)
  const option = (name) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined)
  if (action === 'start') {
    const port = option('--port')
    const { dir, url } = await startPostgres({
      dir: option('--dir'),
      port: port && Number(port),
      syncs: true,
      outlives: true,
    })
    console.log(`${url}\nStop and delete it with: node tools/services/postgres.mjs stop ${dir}`)
    process.exit(0)
  }
  if (action === 'stop' && rest[0]) await stopIn(rest[0])
  else {
    console.error('usage: node tools/services/postgres.mjs start [--dir DIR] [--port N] | stop DIR')
    process.exitCode = 64
  }
}
