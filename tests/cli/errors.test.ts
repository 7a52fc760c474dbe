import { expect, test } from 'vitest'
import { bench } from './lading.ts'

interface Mistake {
  readonly name: string
  readonly args: readonly string[]
  readonly status: number
  readonly says: RegExp
  readonly env?: Readonly<Record<string, string>>
}

const noKeys = { OSS_ACCESS_KEY_ID: '', OSS_ACCESS_KEY_SECRET: '' }

const mistakes: readonly Mistake[] = [
  { name: 'no command', args: [], status: 2, says: /^Usage: lading/ },
  {
    name: 'an unknown command',
    args: ['cpp'],
    status: 2,
    says: /unknown command 'cpp'\n.*cp[\s\S]*See: lading --help/,
  },
  {
    name: 'an unknown flag',
    args: ['ls', '--wat'],
    status: 2,
    says: /unknown option '--wat'\n {2}See: lading ls --help/,
  },
  {
    name: 'a missing argument',
    args: ['cp', 'a'],
    status: 2,
    says: /missing required argument[\s\S]*See: lading cp --help/,
  },
  {
    name: 'a missing argument of a command of commands',
    args: ['uploads', 'ls'],
    status: 2,
    says: /See: lading uploads ls --help/,
  },
  {
    name: 'a part that is no size',
    args: ['cp', 'a', 'oss://films/a', '--part-size', 'big'],
    status: 2,
    says: /^lading: --part-size: "big" is not a size\n {2}Write it like 8MiB/,
  },
  {
    name: 'a bucket name that is none',
    args: ['mb', 'oss://Films'],
    status: 2,
    says: /^lading: "Films" in "oss:\/\/Films" is not a bucket name\n/,
  },
  { name: 'two paths', args: ['cp', 'a', 'b'], status: 2, says: /^lading: neither the source nor/ },
  {
    name: 'a directory without -r',
    args: ['cp', '.', 'oss://films/a'],
    status: 2,
    says: /^lading: \. is a directory\n {2}Pass -r/,
  },
  {
    name: 'no endpoint',
    args: ['ls'],
    status: 3,
    says: /^lading: no endpoint/,
    env: { OSS_ENDPOINT: '' },
  },
  { name: 'no key pair', args: ['ls'], status: 3, says: /^lading: no access key/, env: noKeys },
  {
    name: 'a configuration that is not there',
    args: ['ls', '-c', 'nowhere'],
    status: 3,
    says: /^lading: cannot read the configuration nowhere: no such file\n/,
  },
  {
    name: 'a file that is not there',
    args: ['cp', 'nowhere', 'oss://films/a'],
    status: 4,
    says: /^lading: cannot read nowhere: no such file\n$/,
  },
  {
    name: 'a bucket that is not there',
    args: ['ls', 'oss://nowhere'],
    status: 4,
    says: /^lading: .* \(NoSuchBucket, request [0-9A-F]{24}\)\n {2}See your buckets with: lading ls\n$/,
  },
  {
    name: 'a file for a bucket that is not there',
    args: ['cp', '/etc/hostname', 'oss://nowhere/a'],
    status: 4,
    says: /^lading: there is no bucket nowhere \(NoSuchBucket, .*\)\n {2}Make it with: lading mb oss:\/\/nowhere\n$/,
  },
  {
    name: 'a bucket without its scheme',
    args: ['mb', 'films'],
    status: 2,
    says: /\n {2}Try: lading mb oss:\/\/films\n$/,
  },
  {
    name: 'a prefix without its scheme',
    args: ['ls', 'films/docs'],
    status: 2,
    says: /\n {2}Try: lading ls oss:\/\/films\/docs\n$/,
  },
  {
    name: 'a folder to remove without -r',
    args: ['rm', 'oss://films/docs/'],
    status: 4,
    says: /\(NoSuchKey, .*\)\n {2}Pass -r to remove a folder\.\n$/,
  },
  {
    name: 'uploads of a whole bucket to abort',
    args: ['uploads', 'abort', 'oss://films'],
    status: 2,
    says: /\n {2}Name the object, or pass --all or --older-than AGE\.\n$/,
  },
  {
    name: 'an object that is not there',
    args: ['cp', 'oss://films/nowhere', 'b'],
    status: 4,
    says: /^lading: .* \(NoSuchKey, request [0-9A-F]{24}\)\n.*lading ls oss:\/\/films\n$/,
  },
  {
    name: 'removing what is not there',
    args: ['rm', 'oss://films/x'],
    status: 4,
    says: /NoSuchKey/,
  },
  {
    name: 'a wrong secret',
    args: ['ls'],
    status: 5,
    says: /\(SignatureDoesNotMatch, request [0-9A-F]{24}\)\n {2}Check OSS_ACCESS_KEY_ID/,
    env: { OSS_ACCESS_KEY_SECRET: 'wrong' },
  },
  {
    name: 'an unknown key',
    args: ['ls'],
    status: 5,
    says: /\(InvalidAccessKeyId, /,
    env: { OSS_ACCESS_KEY_ID: 'LTAIunknown' },
  },
  {
    name: 'a service that is not there',
    args: ['ls', '-e', 'http://127.0.0.1:1'],
    status: 6,
    says: /^lading: no answer from the service: connection refused/,
  },
  {
    name: 'nobody to confirm a removal',
    args: ['rm', '-r', 'oss://films'],
    status: 2,
    says: /^lading: nobody is there to confirm .*\n {2}Pass --force\.\n$/,
  },
  {
    name: 'an age that is none',
    args: ['uploads', 'abort', 'oss://films', '--older-than', 'old'],
    status: 2,
    says: /^lading: --older-than: "old" is not an age\n/,
  },
  {
    name: 'no such worker',
    args: ['serve', '--workers', '0'],
    status: 2,
    says: /^lading: --workers: "0" is not a whole number from 1 to 64/,
  },
  {
    name: 'workers without a directory',
    args: ['serve', '--workers', '2'],
    status: 2,
    says: /^lading: workers share a directory/,
  },
  {
    name: 'a fault that is none',
    args: ['serve', '--fault', 'UploadPart,explode'],
    status: 2,
    says: /^lading: --fault UploadPart,explode: /,
  },
  {
    name: 'half a key pair for the server',
    args: ['serve'],
    status: 3,
    says: /^lading: LADING_ACCESS_KEY_ID and LADING_ACCESS_KEY_SECRET are set together/,
    env: { LADING_ACCESS_KEY_ID: 'LTAIx' },
  },
]

test('every mistake has its exit status and one clear sentence, and none a stack trace', async () => {
  const table = await bench()
  for (const { name, args, status, says, env } of mistakes) {
    const outcome = await table.run(args, { ...(env && { env }) })
    expect({ name, status: outcome.status, stderr: outcome.stderr }).toEqual({
      name,
      status,
      stderr: expect.stringMatching(says),
    })
    expect(outcome.stderr).not.toMatch(/^ {4}at /m)
    expect(outcome.stdout.toString()).toBe('')
  }
})

test('a secret on the command line is warned of', async () => {
  const { server, run } = await bench()
  const { accessKeyId, accessKeySecret } = server.credentials
  const outcome = await run(['ls', '-i', accessKeyId, '-k', accessKeySecret], {
    env: { OSS_ACCESS_KEY_ID: '', OSS_ACCESS_KEY_SECRET: '' },
  })
  expect(outcome.status).toBe(0)
  expect(outcome.stderr).toMatch(/^lading: a secret on the command line/)
  expect(outcome.stderr).not.toContain(accessKeySecret)
})

test('help that is asked for is no error', async () => {
  const { run } = await bench({ bucket: false })
  for (const args of [
    ['--help'],
    ['cp', '--help'],
    ['serve', '--help'],
    ['help', 'uploads'],
    ['--version'],
  ]) {
    const outcome = await run(args)
    expect(outcome).toMatchObject({ status: 0, stderr: '' })
    expect(outcome.stdout.toString()).not.toMatch(/default: (\[|")/)
  }
})
