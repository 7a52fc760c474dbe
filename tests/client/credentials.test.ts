/** Where keys come from, and that uploads outlive them. */

import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  CredentialsError,
  type CredentialsProvider,
  ecsRoleCredentials,
  environmentCredentials,
  type HttpResponse,
  processCredentials,
  profileCredentials,
  upload,
} from '@lading/client/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { askSts } from '../access/people.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { BUCKET, KiB, randomContent, startService, tampering } from './service.ts'

const pair = { accessKeyId: 'id', accessKeySecret: 'secret' }
const printed = { AccessKeyId: 'id', AccessKeySecret: 'secret' }

async function refusal(provider: CredentialsProvider): Promise<string> {
  const error: unknown = await provider().catch((error: unknown) => error)
  expect(error).toMatchObject({ name: 'CredentialsError' })
  return (error as Error).message
}

describe('the environment', () => {
  test('gives keys, and a token where there is one', async () => {
    const environment = { OSS_ACCESS_KEY_ID: 'id', OSS_ACCESS_KEY_SECRET: ' secret\n' }
    expect(await environmentCredentials(environment)()).toEqual(pair)
    const temporary = { ...environment, OSS_SESSION_TOKEN: 'token' }
    expect(await environmentCredentials(temporary)()).toEqual({ ...pair, securityToken: 'token' })
  })

  test('without keys, or with half a pair, says so', async () => {
    expect(await refusal(environmentCredentials({}))).toContain('no access key in the environment')
    const half = environmentCredentials({ OSS_ACCESS_KEY_ID: 'id' })
    expect(await refusal(half)).toContain('the secret is missing')
  })
})

describe('a configuration of ossutil', () => {
  async function configuration(text: string): Promise<string> {
    const path = join(await temporaryDirectory(), '.ossutilconfig')
    await writeFile(path, text)
    return path
  }

  test('gives the keys of its profiles, however they are spelt', async () => {
    const path = await configuration(`\uFEFF
; a remark
[default]
accessKeyId = id
access-key-secret = "secret"
[profile Work.EU]\r
ACCESS_KEY_ID=w\r
accessKeySecret=w=w\r
sts_token=token\r
`)
    expect(await profileCredentials({ path })()).toEqual(pair)
    expect(await profileCredentials({ path, profile: 'work.eu' })()).toEqual({
      accessKeyId: 'w',
      accessKeySecret: 'w=w',
      securityToken: 'token',
    })
    const missing = profileCredentials({ path, profile: 'home' })
    expect(await refusal(missing)).toContain('[profile home]')
  })

  test('of version 1 keeps them under Credentials', async () => {
    const path = await configuration('[Credentials]\naccessKeyID=id\naccessKeySecret=secret\n')
    expect(await profileCredentials({ path })()).toEqual(pair)
  })

  test('that is not there is named', async () => {
    expect(await refusal(profileCredentials({ path: '/no/such/file' }))).toContain('/no/such/file')
  })
})

describe('a program', () => {
  const run = (script: string): CredentialsProvider =>
    processCredentials({ command: process.execPath, args: ['-e', script] })

  test('prints keys with their end', async () => {
    const expiration = '2030-01-01T00:00:00Z'
    const text = JSON.stringify({ ...printed, SecurityToken: 'token', Expiration: expiration })
    expect(await run(`console.log(${JSON.stringify(text)})`)()).toEqual({
      ...pair,
      securityToken: 'token',
      expiration: new Date(expiration),
    })
  })

  test('that fails or prints something else is refused, and what it printed is not repeated', async () => {
    expect(await refusal(run('console.log("hidden"); process.exit(3)'))).not.toContain('hidden')
    expect(await refusal(run('process.exit(3)'))).toContain('ended with 3')
    expect(await refusal(run('console.log("hidden")'))).toMatch(/is not a JSON object/)
    expect(await refusal(run('console.log("{}")'))).toContain('no access key')
    expect(await refusal(processCredentials({ command: '/no/such/program' }))).toContain('ENOENT')
  })
})

describe('the metadata of an instance', () => {
  async function metadata(answers: Record<string, string>): Promise<string> {
    const server = createServer(({ url = '' }, response) => {
      const answer = answers[url]
      response.writeHead(answer === undefined ? 404 : 200).end(answer)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test('gives the keys of the role that is named, or of the one it names', async () => {
    const keys = JSON.stringify({ ...printed, SecurityToken: 'token', Code: 'Success' })
    const url = await metadata({ '/roles/': 'reader\n', '/roles/reader': keys })
    const expected = { ...pair, securityToken: 'token' }
    expect(await ecsRoleCredentials({ url: `${url}/roles/reader` })()).toEqual(expected)
    expect(await ecsRoleCredentials({ url: `${url}/roles/` })()).toEqual(expected)
  })

  test('that has none says so', async () => {
    const url = await metadata({ '/odd/': '../../secret', '/failed': '{"Code":"Failed"}' })
    expect(await refusal(ecsRoleCredentials({ url: `${url}/none` }))).toContain('status 404')
    expect(await refusal(ecsRoleCredentials({ url: `${url}/odd/` }))).toContain('names no role')
    expect(await refusal(ecsRoleCredentials({ url: `${url}/failed` }))).toContain('Failed')
    expect(() => ecsRoleCredentials({ url: 'nowhere' })).toThrow(TypeError)
  })
})

function expired(): HttpResponse {
  const xml = '<Error><Code>SecurityTokenExpired</Code><Message>It is over.</Message></Error>'
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(xml)
  }
  return { status: 403, headers: new Map(), body: body() }
}

test('keys that are refused in mid-upload are asked for once, and every part arrives', async () => {
  const { server, connect } = await startService()
  let asked = 0
  const client = connect({
    credentials: async () => {
      asked += 1
      return server.credentials
    },
    // All parts under way meet the end of the first keys.
    transport: tampering((request, response) =>
      request.method === 'PUT' && asked < 2 ? expired() : response,
    ),
  })
  const content = randomContent(500 * KiB)

  const { done } = upload(
    client,
    content,
    { bucket: BUCKET, key: 'k' },
    { partSize: 100 * KiB, parallel: 5 },
  )

  expect(await done).toMatchObject({ parts: 5, size: content.length })
  expect(asked).toBe(2)
})

test('a token of the service that ends in mid-upload is replaced once, and every part arrives', async () => {
  let time = Date.parse('2026-11-22T10:00:00Z')
  const now = (): number => time
  const { server, connect } = await startService({ now: () => new Date(time) })
  let asked = 0
  const credentials: CredentialsProvider = async () => {
    asked += 1
    // Its end is not told, so that the service's refusal is what shows it.
    const { text } = await askSts(server, server.credentials, {
      now: new Date(time),
      parameters: { DurationSeconds: '900' },
    })
    const { AccessKeyId, AccessKeySecret, SecurityToken } = JSON.parse(text).Credentials
    return {
      accessKeyId: AccessKeyId,
      accessKeySecret: AccessKeySecret,
      securityToken: SecurityToken,
    }
  }
  const client = connect({ credentials, now })
  const content = randomContent(900 * KiB)
  const target = { bucket: BUCKET, key: 'k' }
  let parts = 0

  const { done } = upload(client, content, target, {
    partSize: 100 * KiB,
    parallel: 3,
    onProgress: () => {
      parts += 1
      if (parts === 3) time += 3_600_000
    },
  })

  expect(await done).toMatchObject({ parts: 9, size: content.length })
  expect(asked).toBe(2)
})

test('keys that cannot be renewed end the upload with the reason, and its parts stay', async () => {
  const { server, client: owner, connect } = await startService()
  let asked = 0
  const client = connect({
    credentials: async () => {
      asked += 1
      if (asked > 1) throw new CredentialsError('The vault is sealed.')
      return server.credentials
    },
    transport: tampering((request, response) =>
      request.method === 'PUT' && request.path.includes('partNumber=3') ? expired() : response,
    ),
  })
  const uploading = upload(
    client,
    randomContent(500 * KiB),
    { bucket: BUCKET, key: 'k' },
    { partSize: 100 * KiB, parallel: 1 },
  )
  await expect(uploading.done).rejects.toMatchObject({
    name: 'CredentialsError',
    message: expect.stringContaining('The vault is sealed.'),
  })
  const uploadId = uploading.uploadId ?? ''
  const { parts } = await owner.listParts({ bucket: BUCKET, key: 'k', uploadId })
  expect(parts.map(({ partNumber }) => partNumber)).toEqual(expect.arrayContaining([1, 2]))
})
