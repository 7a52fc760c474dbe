/** Whom the tests of access let ask. */

import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { type Credentials, encodeStrict, type QueryEntry, signRpc } from '@lading/protocol'
import type { RunningServer, ServerCredentials } from '@lading/server'
import type { TestService } from '../operations/service.ts'

type Rights = ServerCredentials['rights']

/** A key pair for `startServer`, named after what it may do. */
export function keyOf(name: string, rights?: Rights, owner?: string): ServerCredentials {
  return { accessKeyId: name, accessKeySecret: `secret of ${name}`, rights, owner }
}

export const root: ServerCredentials = keyOf('root')

/** The text of a policy of these statements, complete but for what they say. */
export function policyText(...statements: readonly object[]): string {
  const complete = statements.map((statement) => ({
    Effect: 'Allow',
    Action: 'oss:*',
    Resource: '*',
    ...statement,
  }))
  return JSON.stringify({ Version: '1', Statement: complete })
}

export interface StsAnswer {
  readonly status: number
  readonly type: string | undefined
  readonly text: string
}

export interface AskSts {
  readonly parameters?: Readonly<Record<string, string | undefined>>
  readonly method?: 'GET' | 'POST'
  readonly now?: Date
  /** Changes what was signed. */
  readonly tamper?: (entries: QueryEntry[]) => QueryEntry[]
}

/** Sends AssumeRole as the RPC clients of Alibaba Cloud do. */
export async function askSts(
  server: RunningServer,
  key: Pick<Credentials, 'accessKeyId' | 'accessKeySecret'>,
  { parameters = {}, method = 'POST', now = new Date(), tamper = (all) => all }: AskSts = {},
): Promise<StsAnswer> {
  const all = {
    Action: 'AssumeRole',
    Version: '2015-04-01',
    Format: 'JSON',
    RoleArn: 'acs:ram::1234:role/dev',
    RoleSessionName: 'app',
    ...parameters,
  }
  const given = Object.entries(all).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined
  })
  const nonce = randomBytes(8).toString('hex')
  const entries = tamper(signRpc(method, given, key, { now, nonce }))
  const form = entries.map(([name, value]) => `${encodeStrict(name)}=${encodeStrict(value)}`)
  const text = form.join('&')
  return await new Promise((resolve, reject) => {
    const request = httpRequest({
      host: server.host,
      port: server.port,
      method,
      path: method === 'GET' ? `/?${text}` : '/',
      agent: false,
      headers: method === 'GET' ? {} : { 'content-type': 'application/x-www-form-urlencoded' },
    })
    request.on('error', reject)
    request.on('response', (response) => {
      const type = response.headers['content-type']
      buffer(response).then(
        (bytes) => resolve({ status: response.statusCode ?? 0, type, text: bytes.toString() }),
        reject,
      )
    })
    request.end(method === 'GET' ? undefined : text)
  })
}

/** A temporary key of `key`. */
export async function temporary(
  { server }: TestService,
  key: Pick<Credentials, 'accessKeyId' | 'accessKeySecret'>,
  options: AskSts = {},
): Promise<Credentials & { readonly securityToken: string }> {
  const { status, text } = await askSts(server, key, options)
  if (status !== 200) throw new Error(text)
  const { AccessKeyId, AccessKeySecret, SecurityToken } = JSON.parse(text).Credentials
  return {
    accessKeyId: AccessKeyId,
    accessKeySecret: AccessKeySecret,
    securityToken: SecurityToken,
  }
}
