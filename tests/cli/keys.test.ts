import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { KEY_PAIR, serveProcess } from '../support/serve-process.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { type Bench, bench, eventsOf, type Outcome } from './lading.ts'

interface KeyBench extends Bench {
  /** The data directory of the server. */
  readonly data: string
  /** `lading keys` on it. */
  keys(...args: readonly string[]): Promise<Outcome>
  /** Makes a key and gives its pair, as the environment has it. */
  add(...args: readonly string[]): Promise<Pair>
}

type Pair = Readonly<Record<'OSS_ACCESS_KEY_ID' | 'OSS_ACCESS_KEY_SECRET', string>>

async function keyBench(): Promise<KeyBench> {
  const data = await temporaryDirectory()
  const table = await bench({ data: { directory: data }, bucket: false, buckets: ['films'] })
  const keys = (...args: readonly string[]) => table.run(['keys', ...args, '--data', data])
  return {
    ...table,
    data,
    keys,
    async add(...args) {
      const [made] = eventsOf(await keys('add', ...args, '--json'))
      return pairOf(made)
    },
  }
}

function pairOf(made: Record<string, unknown> | undefined): Pair {
  return {
    OSS_ACCESS_KEY_ID: String(made?.accessKeyId),
    OSS_ACCESS_KEY_SECRET: String(made?.accessKeySecret),
  }
}

describe('lading keys', () => {
  it('adds a key that a running server takes at once, and shows its secret that once', async () => {
    const { keys, run, data } = await keyBench()
    const added = await keys('add', '--role', 'read-only', '--description', 'for the web site')
    expect(added.status, added.stderr).toBe(0)
    const [, id = '', secret = ''] =
      /OSS_ACCESS_KEY_ID=(\S+)\s+export OSS_ACCESS_KEY_SECRET=(\S+)/.exec(String(added.stdout)) ??
      []
    const env = { OSS_ACCESS_KEY_ID: id, OSS_ACCESS_KEY_SECRET: secret }
    expect(String((await run(['ls'], { env })).stdout)).toContain('oss://films')

    const listed = await keys('list')
    expect(String(listed.stdout)).toMatch(new RegExp(`${id} .*read-only .*for the web site`))
    expect(String(listed.stdout) + listed.stderr).not.toContain(secret)
    const events = eventsOf(await keys('list', '--json'))
    expect(events).toMatchObject([
      { event: 'key', role: 'administrator', enabled: true },
      { event: 'key', accessKeyId: id, role: 'read-only', owner: 'lading' },
    ])
    expect(JSON.stringify(events)).not.toContain(secret)
    expect((await stat(join(data, 'credentials.json'))).mode & 0o777).toBe(0o600)
  })

  it('gives a key the rights that it was asked for and no more', async () => {
    const { add, run, file } = await keyBench()
    const env = await add('--role', 'read-write', 'oss://films/mine/')
    await file('film.bin', 1000)
    expect((await run(['cp', 'film.bin', 'oss://films/mine/'], { env })).status).toBe(0)
    const refused = await run(['cp', 'film.bin', 'oss://films/yours/'], { env })
    expect([refused.status, refused.stderr]).toEqual([5, expect.stringContaining('AccessDenied')])
    expect((await run(['mb', 'oss://more'], { env })).status).toBe(5)
  })

  it('removes, disables and enables a key without a restart', async () => {
    const { add, keys, run } = await keyBench()
    const env = await add('--role', 'read-only')
    const id = env.OSS_ACCESS_KEY_ID
    const works = async (): Promise<boolean> => (await run(['ls'], { env })).status === 0
    expect(await works()).toBe(true)
    expect(String((await keys('disable', id)).stdout)).toBe(`disabled ${id}\n`)
    await until(async () => !(await works()))
    expect((await run(['ls'], { env })).stderr).toContain('is disabled')
    expect(String((await keys('enable', id)).stdout)).toBe(`enabled ${id}\n`)
    await until(works)
    expect(String((await keys('remove', id)).stdout)).toBe(`removed ${id}\n`)
    await until(async () => !(await works()))
    expect(await run(['ls'], { env })).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('InvalidAccessKeyId'),
    })
  })

  it('rotates a key, and the old one works until its grace has passed', async () => {
    const { add, keys, run } = await keyBench()
    const old = await add('--role', 'read-only')
    const rotate = async (...grace: string[]): Promise<Pair> =>
      pairOf(eventsOf(await keys('rotate', old.OSS_ACCESS_KEY_ID, ...grace, '--json'))[0])
    const first = await rotate()
    for (const env of [old, first]) expect((await run(['ls'], { env })).status).toBe(0)
    const second = await rotate('--grace', '0s')
    expect((await run(['ls'], { env: second })).status).toBe(0)
    await until(async () => (await run(['ls'], { env: old })).status === 5)
    const listed = String((await keys('list')).stdout)
    expect(listed).not.toContain(old.OSS_ACCESS_KEY_ID)
    expect(listed).toContain(second.OSS_ACCESS_KEY_ID)
  })

  it('refuses to remove or disable the last administrator, and says how it can be done', async () => {
    const { server, keys } = await keyBench()
    const { accessKeyId } = server.credentials
    for (const change of ['remove', 'disable']) {
      const { status, stderr } = await keys(change, accessKeyId)
      expect(status).toBe(1)
      expect(stderr).toContain('last administrator')
      expect(stderr).toContain('keys add --role administrator')
    }
    await keys('add', '--role', 'administrator')
    expect((await keys('remove', accessKeyId)).status).toBe(0)
  })

  it.each([
    ['a key that is not there', ['remove', 'nobody'], 4, 'there is no key nobody'],
    ['no role', ['add'], 2, '--role'],
    ['an unknown role', ['add', '--role', 'king'], 2, 'administrator, read-write, read-only'],
    ['a scope that is none', ['add', '--role', 'read-only', 'films'], 2, 'oss://films'],
    ['a grace that is none', ['rotate', 'x', '--grace', 'soon'], 2, 'not an age'],
  ])('refuses %s', async (_, args, status, words) => {
    const { keys } = await keyBench()
    const refused = await keys(...args)
    expect(refused.status).toBe(status)
    expect(refused.stderr).toContain(words)
  })

  it('refuses a directory that is not there and a file of a newer version', async () => {
    const { run, data, keys } = await keyBench()
    const nowhere = join(data, 'nowhere')
    const missing = await run(['keys', 'add', '--role', 'read-only', '--data', nowhere])
    expect([missing.status, missing.stderr]).toEqual([4, expect.stringContaining('no directory')])
    await writeFile(join(data, 'credentials.json'), '{"version":99}')
    const newer = await keys('add', '--role', 'read-only')
    expect([newer.status, newer.stderr]).toEqual([3, expect.stringContaining('newer version')])
    expect(await readFile(join(data, 'credentials.json'), 'utf8')).toBe('{"version":99}')
  })
})

describe('lading sts', () => {
  it('gets a temporary key from the directory and from the server, narrowed by a policy', async () => {
    const { run, data, directory } = await keyBench()
    const policy = {
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: ['oss:Get*', 'oss:List*'], Resource: '*' }],
    }
    await writeFile(join(directory, 'policy.json'), JSON.stringify(policy))
    for (const from of [['--data', data], []]) {
      const args = ['sts', ...from, '--duration', '15m', '--policy', 'policy.json', '--json']
      const outcome = await run(args)
      expect(outcome.status, outcome.stderr).toBe(0)
      const [made] = eventsOf(outcome)
      expect(made).toMatchObject({
        event: 'temporary-key',
        accessKeyId: expect.stringMatching(/^STS\./),
      })
      const env = { ...pairOf(made), OSS_SESSION_TOKEN: String(made?.securityToken) }
      expect((await run(['ls', 'oss://films'], { env })).status).toBe(0)
      expect((await run(['mb', 'oss://more'], { env })).status).toBe(5)
    }
  })

  it('prints lines for a shell, and when the key ends', async () => {
    const { run } = await keyBench()
    const { stdout, stderr } = await run(['sts', '--role-arn', 'acs:ram::1:role/night'])
    expect(String(stdout)).toMatch(
      /^export OSS_ACCESS_KEY_ID=STS\.\w+\nexport OSS_ACCESS_KEY_SECRET=\S+\nexport OSS_SESSION_TOKEN=\S+\n$/,
    )
    expect(stderr).toMatch(/^valid until 20\d\d-/)
  })

  it('refuses what it is not given, in the words and with the status of the command', async () => {
    const { run, data } = await keyBench()
    const env = { OSS_ACCESS_KEY_SECRET: 'guessed' }
    const guessed = await run(['sts'], { env })
    expect([guessed.status, guessed.stderr]).toEqual([
      5,
      expect.stringContaining('SignatureDoesNotMatch'),
    ])
    expect((await run(['sts', '--duration', '1m'])).stderr).toContain('DurationSeconds')
    expect((await run(['sts', '--duration', '1m', '--data', data])).status).toBe(2)
    expect((await run(['sts', '--data', data, '-i', 'nobody'])).status).toBe(4)
    expect((await run(['sts', '--data', data, '-e', 'http://127.0.0.1:1'])).status).toBe(2)
  })
})

test('a key of another owner has buckets of its own', async () => {
  const { run, add } = await keyBench()
  const env = await add('--role', 'administrator', '--owner', 'music')
  expect(String((await run(['ls'], { env })).stdout)).toBe('')
  expect(await run(['mb', 'oss://songs'], { env })).toMatchObject({ status: 0 })
  expect(String((await run(['ls', '-s'], { env })).stdout)).toBe('oss://songs\n')
})

test('a temporary key is good no longer than the key that it was got with', async () => {
  const { keys, run, add } = await keyBench()
  const parent = await add('--role', 'read-only')
  const got = await run(['sts', '--json'], { env: parent })
  expect(got.status, got.stderr).toBe(0)
  const [made] = eventsOf(got)
  const env = { ...pairOf(made), OSS_SESSION_TOKEN: String(made?.securityToken) }
  expect((await run(['ls'], { env })).status).toBe(0)

  await keys('remove', parent.OSS_ACCESS_KEY_ID)
  let refused: Outcome | undefined
  await until(async () => {
    refused = await run(['ls'], { env })
    return refused.status !== 0
  })
  expect([refused?.status, refused?.stderr]).toEqual([
    5,
    expect.stringContaining('InvalidSecurityToken'),
  ])
  expect((await run(['sts'], { env: parent })).status).not.toBe(0)
})

test('every worker takes a new key, and none a removed one', async () => {
  const { run } = await bench({ bucket: false })
  const data = await temporaryDirectory()
  const server = await serveProcess(data, { args: ['--workers', '2'] })
  onTestFinished(() => server.kill())
  const keys = (...args: readonly string[]) => run(['keys', ...args, '--data', data, '--json'])
  const pair = pairOf(eventsOf(await keys('add', '--role', 'read-only'))[0])
  const env = { ...pair, OSS_ENDPOINT: `http://127.0.0.1:${server.port}` }
  // The workers take connections in turn, and each command makes one of its own.
  const statuses = async (): Promise<(number | null)[]> =>
    Promise.all([1, 2, 3, 4].map(async () => (await run(['ls'], { env })).status))
  expect(await statuses()).toEqual([0, 0, 0, 0])
  await keys('remove', pair.OSS_ACCESS_KEY_ID)
  await until(async () => (await statuses()).every((status) => status === 5))

  const given = {
    OSS_ACCESS_KEY_ID: KEY_PAIR.accessKeyId,
    OSS_ACCESS_KEY_SECRET: KEY_PAIR.accessKeySecret,
    OSS_ENDPOINT: env.OSS_ENDPOINT,
  }
  expect((await run(['ls'], { env: given })).status).toBe(0)
})
