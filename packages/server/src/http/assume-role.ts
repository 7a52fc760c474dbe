/**
 * AssumeRole of STS, at the address of the service itself: a key pair gets a temporary one. There are no
 * roles here, so any is taken by its name, and what it may do is what the key may. Source: AssumeRole, STS
 * API reference.
 */

import {
  document,
  element,
  MAX_CLOCK_SKEW_MS,
  OssError,
  parseTimestamp,
  type Query,
  verifyRpc,
} from '@lading/protocol'
import type { Identify, Identity } from '../access/principal.ts'
import { makeSession, type TemporaryCredentials } from '../access/session.ts'
import type { Reply } from '../api/operation.ts'

/** Bytes of a form: a policy of 2,048 characters, encoded, and all the rest. */
export const MAX_STS_FORM: number = 64 * 1024

export interface StsRequest {
  readonly method: string
  /** Those of the query and of the form. */
  readonly parameters: Query
  readonly requestId: string
  readonly host: string
  readonly time: Date
  readonly identify: Identify
  /** Counts the request. @throws {OssError} when the key has asked for too much. */
  readonly admit: (accessKeyId: string) => unknown
}

/** What STS answers when it says no. */
class StsRefusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/**
 * Answers, also when it refuses: STS has a form of its own for that.
 *
 * @throws {OssError} when the key has asked for too much.
 */
export async function assumeRole(request: StsRequest): Promise<Reply> {
  const { parameters, requestId, host } = request
  const json = parameters.get('Format')?.toUpperCase() === 'JSON'
  try {
    const { parent, arn } = await readRequest(request)
    const role = arn.slice(arn.lastIndexOf('role/') + 'role/'.length)
    const made = makeTemporary(parent, role, request)
    const session = parameters.get('RoleSessionName') ?? ''
    return reply(200, json, 'AssumeRoleResponse', {
      RequestId: requestId,
      AssumedRoleUser: { Arn: `${arn}/${session}`, AssumedRoleId: `${role}:${session}` },
      Credentials: {
        AccessKeyId: made.accessKeyId,
        AccessKeySecret: made.accessKeySecret,
        SecurityToken: made.securityToken,
        Expiration: `${made.expiration.toISOString().slice(0, 19)}Z`,
      },
    })
  } catch (error) {
    if (!(error instanceof StsRefusal)) throw error
    const { status, code, message } = error
    const fields = { RequestId: requestId, HostId: host, Code: code, Message: message }
    return reply(status, json, 'Error', fields)
  }
}

/** The key that signed, and the role that it asked for. */
async function readRequest({
  method,
  parameters,
  time,
  identify,
  admit,
}: StsRequest): Promise<{ readonly parent: Identity; readonly arn: string }> {
  const names = parameters.entries.map(([name]) => name)
  if (new Set(names).size !== names.length) {
    throw new StsRefusal(400, 'InvalidParameter', 'A parameter is given twice.')
  }
  requireValue(parameters, 'Version', '2015-04-01')
  requireValue(parameters, 'SignatureMethod', 'HMAC-SHA1')
  requireValue(parameters, 'SignatureVersion', '1.0')
  required(parameters, 'SignatureNonce')
  if (parameters.has('SecurityToken')) {
    throw new StsRefusal(403, 'NoPermission', 'A temporary key cannot get another one.')
  }
  const accessKeyId = required(parameters, 'AccessKeyId')
  required(parameters, 'Signature')
  requireRecent(required(parameters, 'Timestamp'), time)
  const parent = await identify({ accessKeyId, securityToken: undefined }).catch((error) => {
    if (!(error instanceof OssError)) throw error
    throw new StsRefusal(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.')
  })
  if (!verifyRpc(method, parameters.entries, parent.accessKeySecret)) {
    const message = 'Specified signature is not matched with our calculation.'
    throw new StsRefusal(400, 'SignatureDoesNotMatch', message)
  }
  admit(accessKeyId)
  const arn = required(parameters, 'RoleArn')
  if (!/^acs:ram::[A-Za-z0-9._-]+:role\/[A-Za-z0-9.@_-]{1,64}$/.test(arn)) {
    throw new StsRefusal(
      400,
      'InvalidParameter.RoleArn',
      'The parameter RoleArn is wrongly formed.',
    )
  }
  if (!/^[A-Za-z0-9.@_-]{2,64}$/.test(required(parameters, 'RoleSessionName'))) {
    const message = 'The parameter RoleSessionName is wrongly formed.'
    throw new StsRefusal(400, 'InvalidParameter.RoleSessionName', message)
  }
  return { parent, arn }
}

function makeTemporary(
  { principal, accessKeySecret }: Identity,
  role: string,
  { parameters, time }: StsRequest,
): TemporaryCredentials {
  const duration = parameters.text('DurationSeconds')
  try {
    return makeSession(
      { accessKeyId: principal.accessKeyId, accessKeySecret },
      {
        durationSeconds: duration === undefined ? undefined : Number(duration),
        policy: parameters.text('Policy'),
        role,
        session: parameters.get('RoleSessionName'),
      },
      time,
    )
  } catch (error) {
    if (error instanceof RangeError) {
      throw new StsRefusal(400, 'InvalidParameter.DurationSeconds', error.message)
    }
    if (!(error instanceof OssError)) throw error
    const message = `The parameter Policy has not passed grammar check. ${error.message}`
    throw new StsRefusal(400, 'InvalidParameter.PolicyGrammar', message)
  }
}

function required(parameters: Query, name: string): string {
  const value = parameters.text(name)
  if (value !== undefined) return value
  throw new StsRefusal(400, `Missing${name}`, `The parameter ${name} is required.`)
}

function requireValue(parameters: Query, name: string, only: string): void {
  if (required(parameters, name) === only) return
  throw new StsRefusal(400, `InvalidParameter.${name}`, `The parameter ${name} must be ${only}.`)
}

function requireRecent(text: string, now: Date): void {
  const time = parseTimestamp(text)
  if (!time) {
    const message = 'Specified time stamp is not a date such as 2026-11-22T10:11:12Z.'
    throw new StsRefusal(400, 'InvalidTimeStamp.Format', message)
  }
  if (Math.abs(now.getTime() - time.getTime()) > MAX_CLOCK_SKEW_MS) {
    const message = 'Specified time stamp or date value is expired.'
    throw new StsRefusal(400, 'InvalidTimeStamp.Expired', message)
  }
}

/** Texts by name, and beneath them more of the same. */
interface Fields {
  readonly [name: string]: string | Fields
}

function reply(status: number, json: boolean, root: string, fields: Fields): Reply {
  if (!json) return { status, xml: document(element(root, elementsOf(fields))) }
  const bytes = new TextEncoder().encode(JSON.stringify(fields))
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
    content: {
      length: bytes.length,
      async *bytes() {
        yield bytes
      },
      release: () => {},
    },
  }
}

function elementsOf(fields: Fields): ReturnType<typeof element>[] {
  return Object.entries(fields).map(([name, value]) =>
    element(name, typeof value === 'string' ? value : elementsOf(value)),
  )
}
