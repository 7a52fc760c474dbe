/**
 * Calls applications back: only those that the operator has allowed, at the address that their name
 * had when it was looked up, and in the service's own name.
 */

import { sign } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { BlockList, isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import { OssError, toBase64 } from '@lading/protocol'
import type { OutgoingCallback, SendCallback } from '../api/callback.ts'

/** Milliseconds that an application has for its answer. Source: Callback, OSS API reference. */
const PATIENCE = 5000

/** Bytes of an answer. Source: as above. */
const MAX_ANSWER = 1024 * 1024

export interface CallbackSenderOptions {
  /**
   * `HOST` or `HOST:PORT`, in lower case; without a port the one of the scheme is meant. A name that
   * leads to a private address is allowed only if that address is here as well.
   */
  readonly hosts: readonly string[]
  /** The private key that callbacks are signed with, in PEM; made when it is first needed. */
  readonly key: () => Promise<string>
  /** Where its public half is to be had. */
  readonly keyUrl: () => string
  /** Default 5,000. */
  readonly patienceMs?: number
  /** Default: as the system resolves names. */
  readonly resolve?: (host: string) => Promise<string>
}

export function makeCallbackSender(options: CallbackSenderOptions): SendCallback {
  return async (callback) => {
    const address = await allowedAddress(callback.url, options)
    const headers = await signedHeaders(callback, options)
    const answer = await exchange(callback, address, headers, options.patienceMs ?? PATIENCE)
    try {
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer))
    } catch (cause) {
      throw failed('Response body is not valid json format.', cause)
    }
    return answer
  }
}

/**
 * The one address that is connected to, so that a name cannot mean another one by then.
 *
 * @throws {OssError} `CallbackFailed`, and nobody has been connected to.
 */
async function allowedAddress(url: URL, options: CallbackSenderOptions): Promise<string> {
  const { hosts, resolve = resolveName } = options
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (!isAllowed(host, url, hosts)) {
    throw failed(`The callback host ${url.host} is not one that this service may call.`)
  }
  if (isIP(host)) return host
  let address: string
  try {
    address = await resolve(host)
  } catch (cause) {
    throw failed(UNREACHABLE, cause)
  }
  if (isPrivate(address) && !isAllowed(address, url, hosts)) {
    throw failed('Private address is forbidden to callback.')
  }
  return address
}

const UNREACHABLE = 'Error status : -1.OSS can not connect to your callbackUrl, please check it.'

function isAllowed(host: string, url: URL, hosts: readonly string[]): boolean {
  const bracketed = host.includes(':') ? `[${host}]` : host
  return hosts.includes(url.port === '' ? bracketed : `${bracketed}:${url.port}`)
}

async function resolveName(host: string): Promise<string> {
  return (await lookup(host)).address
}

/**
 * Networks that nobody outside can mean: RFC 6890, what is never one host, and what leads on to an IPv4
 * address that nobody has looked at.
 */
const privateNetworks = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  privateNetworks.addSubnet(network, prefix, 'ipv4')
}
for (const [network, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  privateNetworks.addSubnet(network, prefix, 'ipv6')
}

/** An IPv4 address inside an IPv6 one is judged as what it is. */
function isPrivate(address: string): boolean {
  return privateNetworks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/**
 * Applications prove the caller by these: the signature is of the decoded path, the query as it is,
 * and the body. Source: Callback, OSS API reference, "Sign a callback request".
 */
async function signedHeaders(
  { url, host, contentType, body }: OutgoingCallback,
  { key, keyUrl }: CallbackSenderOptions,
): Promise<Record<string, string>> {
  const toSign = `${decodedPath(url.pathname)}${url.search}\n${body}`
  const signature = sign('RSA-MD5', Buffer.from(toSign), await key())
  return {
    Host: host ?? url.host,
    'User-Agent': 'aliyun-oss-callback',
    'Content-Type': contentType,
    'Content-Length': String(Buffer.byteLength(body)),
    Authorization: signature.toString('base64'),
    'x-oss-pub-key-url': toBase64(new TextEncoder().encode(keyUrl())),
    Connection: 'close',
  }
}

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Sends it and reads the answer. Redirections are answers like any other, and not good ones. */
async function exchange(
  { url, sni, body }: OutgoingCallback,
  address: string,
  headers: Record<string, string>,
  patienceMs: number,
): Promise<Uint8Array> {
  const name = url.hostname.replace(/^\[|\]$/g, '')
  const secure = url.protocol === 'https:'
  const common = {
    host: address,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    method: 'POST',
    path: `${url.pathname}${url.search}`,
    headers,
    agent: false,
    signal: AbortSignal.timeout(patienceMs),
  } as const
  const request = secure
    ? requestHttps({
        ...common,
        servername: sni && !isIP(name) ? name : '',
        checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
      })
    : requestHttp(common)
  try {
    const response = await answerTo(request, body)
    if (response.statusCode !== 200) throw failed(`Error status : ${response.statusCode}.`)
    return await wholeOf(response)
  } catch (error) {
    if (error instanceof OssError) throw error
    const late = error instanceof Error && error.name === 'AbortError'
    throw failed(late ? 'Cost too long time.' : UNREACHABLE, error)
  } finally {
    request.destroy()
  }
}

function answerTo(request: ClientRequest, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Kept for the whole exchange: an error after the answer has begun ends the reading of it.
    request.on('error', reject)
    request.once('response', resolve)
    request.end(body)
  })
}

async function wholeOf(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MAX_ANSWER) throw failed('Response body is too long.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function failed(message: string, cause?: unknown): OssError {
  return new OssError('CallbackFailed', { message, ec: '0007-00000203', cause })
}
