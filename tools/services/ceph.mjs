/**
 * A Ceph cluster with S3 gateways to throw away, out of the system's own packages: one machine, without
 * systemd, containers or block devices, as root or not.
 *
 *     node tools/services/ceph.mjs start [--dir DIR] [--osds N] [--rgws N]   prints addresses and keys
 *     node tools/services/ceph.mjs stop DIR
 *
 * It listens on the loopback alone and believes whoever speaks its own protocol: never keep data in it.
 * Tests use `startCeph`, which ends with them.
 */

import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { accessSync, closeSync, constants, existsSync, openSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Says that a directory is ours to delete. */
const MARK = '.lading-throw-away'

const PROGRAMS = ['ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin', 'ceph', 'monmaptool']

/** Milliseconds that anything may take to come up. */
const PATIENCE = 180_000

/** Those that a gateway would make by itself, one after the other, in the time of a whole start. */
const POOLS = [
  '.rgw.root',
  ...['log', 'control', 'meta', 'buckets.index', 'buckets.data', 'buckets.non-ec'].map(
    (name) => `default.rgw.${name}`,
  ),
]

/** Whether Ceph is installed here. */
export function findCeph() {
  const places = (process.env.PATH ?? '').split(delimiter)
  return PROGRAMS.every((name) => places.some((place) => isExecutable(join(place, name))))
}

/**
 * Resolves once every gateway answers.
 *
 * @param {object} [options]
 * @param {string} [options.dir] An empty directory, or one to be made. Default: a temporary one.
 * @param {number} [options.osds] Default 1. As many copies are kept; writing needs all but one of them.
 * @param {'memstore' | 'bluestore'} [options.store] Default `memstore`, which forgets what a killed OSD kept.
 * @param {number} [options.rgws] Gateways. Default 1.
 * @param {boolean} [options.outlives] Whether it stays when this process ends. Default false.
 */
export async function startCeph(options = {}) {
  if (!findCeph()) {
    throw new Error(
      'There is no Ceph here: apt-get install --no-install-recommends ceph-mon ceph-osd radosgw ceph-common',
    )
  }
  const place = options.dir ? resolve(options.dir) : await mkdtemp(join(tmpdir(), 'lading-ceph-'))
  await mkdir(place, { recursive: true })
  if (readdirSync(place).length > 0) throw new Error(`${place} is not empty.`)
  // Sockets have their names in here, and those are bounded.
  if (place.length > 80) throw new Error(`${place} is too long a name.`)
  await writeFile(join(place, MARK), '')
  const service = new Ceph(place, options)
  try {
    await service.create()
  } catch (error) {
    await service.stop()
    throw error
  }
  return service
}

class Ceph {
  #osds
  #store
  #outlives
  #ports = []
  /** Running daemons by name. */
  #daemons = new Map()

  constructor(dir, { osds = 1, store = 'memstore', rgws = 1, outlives = false }) {
    this.dir = dir
    this.#osds = osds
    this.#store = store
    this.#outlives = outlives
    this.rgws = rgws
    this.accessKeyId = 'LADINGTESTKEY'
    this.secretAccessKey = randomUUID().replaceAll('-', '')
    this.region = 'default'
  }

  get endpoints() {
    return this.#ports.slice(2).map((port) => `http://127.0.0.1:${port}`)
  }

  async create() {
    this.#ports = await freePorts(2 + this.rgws)
    const osds = Array.from({ length: this.#osds }, (_, number) => ({ number, uuid: randomUUID() }))
    for (const name of ['run', 'log', 'mon.a', ...osds.map(({ number }) => `osd.${number}`)]) {
      await mkdir(join(this.dir, name))
    }
    const fsid = randomUUID()
    await writeFile(this.#conf, this.#configuration(fsid))
    await this.#makeMonitor(fsid)
    // Whatever of it can be done at once: the command's own start takes half a second.
    await Promise.all([
      this.#command(osds.map(({ number, uuid }) => `osd new ${uuid} ${number}`)),
      ...osds.map(({ number, uuid }) =>
        this.#run('ceph-osd', ['-i', number, '--mkfs', '--osd-uuid', uuid]),
      ),
    ])
    for (const { number } of osds) await this.startOsd(number)
    await this.#command(
      POOLS.flatMap((pool) => [
        `osd pool create ${pool} 8 8 replicated`,
        `osd pool application enable ${pool} rgw`,
      ]),
    )
    const keys = [`--access-key=${this.accessKeyId}`, `--secret-key=${this.secretAccessKey}`]
    const who = ['--uid=lading', '--display-name=lading']
    await this.#run('radosgw-admin', ['user', 'create', ...who, ...keys])
    for (let number = 0; number < this.rgws; number++) await this.startRgw(number)
  }

  /** Makes a bucket that belongs to the keys. */
  async makeBucket(name) {
    const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3')
    const { accessKeyId, secretAccessKey, region, endpoints } = this
    const credentials = { accessKeyId, secretAccessKey }
    const client = new S3Client({
      endpoint: endpoints[0],
      region,
      credentials,
      forcePathStyle: true,
    })
    await client.send(new CreateBucketCommand({ Bucket: name }))
    client.destroy()
  }

  async killOsd(number) {
    await this.#kill(`osd.${number}`)
  }

  async startOsd(number) {
    await this.#start(`osd.${number}`, 'ceph-osd', ['-i', number])
  }

  async killRgw(number) {
    await this.#kill(`rgw${number}`)
  }

  /** Resolves once it takes connections. */
  async startRgw(number) {
    const port = this.#ports[2 + number]
    const name = `rgw${number}`
    const front = `--rgw-frontends=beast endpoint=127.0.0.1:${port}`
    await this.#start(name, 'radosgw', ['-n', `client.${name}`, front])
    await this.#until(name, () => takesConnections(port))
  }

  /** Ends all of it and deletes what it kept. */
  async stop() {
    await Promise.all([...this.#daemons.keys()].map((name) => this.#kill(name)))
    await rm(this.dir, { recursive: true, force: true })
  }

  get #conf() {
    return join(this.dir, 'ceph.conf')
  }

  async #makeMonitor(fsid) {
    const [mon2, mon1] = this.#ports
    const map = join(this.dir, 'monmap')
    const address = `[v2:127.0.0.1:${mon2},v1:127.0.0.1:${mon1}]`
    await run('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', address, map])
    await this.#run('ceph-mon', ['--mkfs', '-i', 'a', '--monmap', map])
    await this.#start('mon.a', 'ceph-mon', ['-i', 'a'])
    await this.#until('mon.a', () => takesConnections(mon2))
  }

  /** Runs commands of the administrator, one after the other, in one process. */
  async #command(lines) {
    const running = this.#run('ceph', [])
    running.child.stdin.end(`${lines.join('\n')}\n`)
    await running
  }

  #run(program, args) {
    const all = ['-c', this.#conf, ...args.map(String)]
    return run(program, all, { cwd: this.dir, timeout: PATIENCE })
  }

  /** Does nothing where it runs. */
  async #start(name, program, args) {
    if (this.#daemons.has(name)) return
    const log = openSync(join(this.dir, 'log', `${name}.out`), 'a')
    const ends = this.#outlives ? [] : ['--pdeathsig', 'KILL']
    // In the foreground, so that it is a child of ours, and ends with us.
    const all = [...ends, '--', program, '-f', '-c', this.#conf, ...args.map(String)]
    const child = spawn('setpriv', all, { stdio: ['ignore', log, log], cwd: this.dir })
    closeSync(log)
    child.unref()
    this.#daemons.set(name, child)
    await writeFile(join(this.dir, 'run', `${name}.child`), `${child.pid}\n`)
  }

  async #kill(name) {
    const child = this.#daemons.get(name)
    this.#daemons.delete(name)
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    const ended = new Promise((settle) => child.once('exit', settle))
    child.kill('SIGKILL')
    await ended
  }

  async #until(name, isUp) {
    const child = this.#daemons.get(name)
    const end = Date.now() + PATIENCE
    while (!(await isUp())) {
      if (child.exitCode !== null || Date.now() > end) {
        const told = await readFile(join(this.dir, 'log', `${name}.out`), 'utf8')
        throw new Error(`${name} of Ceph does not start: ${told}`)
      }
      await sleep(20)
    }
  }

  #configuration(fsid) {
    const [mon2, mon1] = this.#ports
    const copies = this.#osds
    const at = (...names) => join(this.dir, ...names)
    const quiet = 'none mon osd ms auth rgw bluestore bluefs bdev rocksdb paxos monc objecter rados'
      .split(' ')
      .map((system) => `debug_${system} = 0/0`)
    return [
      '[global]',
      `fsid = ${fsid}`,
      `mon_host = [v2:127.0.0.1:${mon2}/0,v1:127.0.0.1:${mon1}/0]`,
      'public_addr = 127.0.0.1',
      'cluster_addr = 127.0.0.1',
      'ms_bind_ipv4 = true',
      'ms_bind_ipv6 = false',
      // Nobody proves who they are: it is on the loopback, and ends with the tests.
      'auth_cluster_required = none',
      'auth_service_required = none',
      'auth_client_required = none',
      `keyring = ${at('none')}`,
      `run_dir = ${at('run')}`,
      `pid_file = ${at('run', '$name.pid')}`,
      `admin_socket = ${at('run', '$name.asok')}`,
      `log_file = ${at('log', '$name.log')}`,
      `crash_dir = ${at('log')}`,
      `mon_cluster_log_file = ${at('log', 'cluster.log')}`,
      'log_to_stderr = false',
      `osd_pool_default_size = ${copies}`,
      `osd_pool_default_min_size = ${Math.max(1, copies - 1)}`,
      'osd_pool_default_pg_autoscale_mode = off',
      // All copies are on one machine.
      'osd_crush_chooseleaf_type = 0',
      'mon_allow_pool_size_one = true',
      'mon_max_pg_per_osd = 1000',
      // Up quickly, and quick to notice who is down: by one neighbour's word, of this same machine.
      'paxos_propose_interval = 0.05',
      'paxos_min_wait = 0.01',
      'mon_tick_interval = 1',
      'mon_osd_reporter_subtree_level = osd',
      'mon_osd_min_down_reporters = 1',
      'mon_osd_adjust_heartbeat_grace = false',
      'osd_heartbeat_interval = 1',
      'osd_heartbeat_grace = 4',
      // A developer's disk may be nearly full.
      'mon_data_avail_crit = 1',
      // Small.
      'osd_memory_target_autotune = false',
      'bluestore_cache_autotune = false',
      `bluestore_cache_size = ${64 << 20}`,
      'bluestore_fsck_on_mkfs = false',
      `bluestore_block_size = ${8 * 2 ** 30}`,
      `memstore_device_bytes = ${8 * 2 ** 30}`,
      'osd_op_num_shards = 2',
      'osd_op_num_threads_per_shard = 2',
      ...quiet,
      '[mon]',
      `mon_data = ${at('mon.$id')}`,
      '[osd]',
      `osd_data = ${at('osd.$id')}`,
      `osd_objectstore = ${this.#store}`,
      'osd_class_update_on_start = false',
      '[client]',
      // A gateway asks for encryption by default, which needs the proofs that are off, and would hang.
      'ms_mon_client_mode = crc',
      'client_mount_timeout = 30',
      `rgw_data = ${at('run')}`,
      'rgw_enable_apis = s3',
      'rgw_run_sync_thread = false',
      'rgw_thread_pool_size = 64',
      'rgw_lc_max_objs = 3',
      'rgw_gc_max_objs = 3',
      '',
    ].join('\n')
  }
}

/** Ends what was started in `dir`, perhaps by another process, and deletes it. */
async function stopIn(dir) {
  const place = resolve(dir)
  if (!existsSync(join(place, MARK))) throw new Error(`${dir} is no cluster of ours.`)
  for (const name of readdirSync(join(place, 'run')).filter((file) => file.endsWith('.child'))) {
    const pid = Number(await readFile(join(place, 'run', name), 'utf8'))
    // Another process may have its number by now.
    if (await speaksOf(pid, join(place, 'ceph.conf'))) process.kill(pid, 'SIGKILL')
    while (await speaksOf(pid, join(place, 'ceph.conf'))) await sleep(20)
  }
  await rm(place, { recursive: true, force: true })
}

async function speaksOf(pid, words) {
  return await readFile(`/proc/${pid}/cmdline`, 'utf8').then(
    (line) => line.includes(words),
    () => false,
  )
}

async function takesConnections(port) {
  return await new Promise((settle) => {
    const socket = connect(port, '127.0.0.1')
    const end = (isUp) => () => {
      socket.destroy()
      settle(isUp)
    }
    socket.once('connect', end(true)).once('error', end(false))
  })
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = []
  for (const server of servers) {
    await new Promise((settle) => server.listen(0, '127.0.0.1', settle))
    ports.push(server.address().port)
  }
  for (const server of servers) await new Promise((settle) => server.close(settle))
  return ports
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [action, ...rest] = process.argv.slice(2)
  const option = (name) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined)
  if (action === 'start') {
    const { dir, endpoints, accessKeyId, secretAccessKey, region } = await startCeph({
      dir: option('--dir'),
      osds: Number(option('--osds') ?? 1),
      rgws: Number(option('--rgws') ?? 1),
      store: 'bluestore',
      outlives: true,
    })
    console.log(`endpoint=${endpoints.join(',')}&region=${region}
AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}
Stop and delete it with: node tools/services/ceph.mjs stop ${dir}`)
    process.exit(0)
  }
  if (action === 'stop' && rest[0]) await stopIn(rest[0])
  else {
    console.error(
      'usage: node tools/services/ceph.mjs start [--dir DIR] [--osds N] [--rgws N] | stop DIR',
    )
    process.exitCode = 64
  }
}
