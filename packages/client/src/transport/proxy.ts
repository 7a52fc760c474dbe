/** Which proxy, if any, stands between us and an origin. */

import { BlockList, isIP, isIPv6 } from 'node:net'

export interface HttpProxy {
  readonly isSecure: boolean
  readonly hostname: string
  readonly port: number
  /** The value of Proxy-Authorization; `undefined` where the URL names nobody. */
  readonly authorization: string | undefined
  /** Host and port, for messages: what else is in the URL is secret. */
  readonly label: string
}

export type Environment = Readonly<Record<string, string | undefined>>

/** @throws {TypeError} for what is no `http://` or `https://` URL; `name` says in its message where it was. */
export function parseProxy(name: string, text: string): HttpProxy {
  const url = urlOf(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new TypeError(`${name} must be an http:// or https:// URL, such as http://proxy:3128.`)
  }
  const isSecure = url.protocol === 'https:'
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  const user = `${unescapePercent(url.username)}:${unescapePercent(url.password)}`
  return {
    isSecure,
    hostname,
    port,
    authorization: user === ':' ? undefined : `Basic ${Buffer.from(user).toString('base64')}`,
    label: `${url.hostname}:${port}`,
  }
}

/**
 * What `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` say of `origin`, in small letters before capitals,
 * save for the hosts that `NO_PROXY` names. This machine itself is never reached by a proxy.
 *
 * @throws {TypeError} for a variable that holds no proxy.
 */
export function environmentProxy(origin: URL, environment: Environment): HttpProxy | undefined {
  const isSecure = origin.protocol === 'https:'
  // Of a CGI program a client may set HTTP_PROXY, by a header named Proxy.
  const isForgeable = !isSecure && environment.REQUEST_METHOD !== undefined
  const names = isSecure
    ? ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']
    : ['http_proxy', ...(isForgeable ? [] : ['HTTP_PROXY']), 'all_proxy', 'ALL_PROXY']
  const name = names.find((name) => environment[name])
  const text = name && environment[name]
  if (!text || isThisMachine(origin)) return undefined
  return isExempt(origin, environment.no_proxy || environment.NO_PROXY || '')
    ? undefined
    : parseProxy(name, text)
}

/**
 * Whether `NO_PROXY` names the origin: `*`, a host, which stands for its subdomains too, `.domain`, an
 * address or a range of them (`10.0.0.0/8`); each with a port or for all of them.
 */
function isExempt(origin: URL, list: string): boolean {
  const host = hostOf(origin)
  const port = origin.port === '' ? (origin.protocol === 'https:' ? '443' : '80') : origin.port
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true
      const bare = isIPv6(entry) ? [entry] : /^\[?(.*?)\]?(?::(\d+))?$/.exec(entry)?.slice(1)
      const [name = '', only] = bare ?? []
      return (only === undefined || only === port) && isNamed(host, name)
    })
}

function isNamed(host: string, name: string): boolean {
  if (isIP(host) !== 0) return isInRange(host, name)
  const domain = name.replace(/^\*?\./, '')
  return host === domain || host.endsWith(`.${domain}`)
}

function isInRange(address: string, range: string): boolean {
  const [start = '', bits] = range.split('/')
  const version = isIP(start)
  if (version === 0 || version !== isIP(address)) return false
  const family = version === 6 ? 'ipv6' : 'ipv4'
  const prefix = bits === undefined ? (version === 6 ? 128 : 32) : Number(bits)
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > (version === 6 ? 128 : 32)) return false
  const list = new BlockList()
  list.addSubnet(start, prefix, family)
  return list.check(address, family)
}

function isThisMachine(origin: URL): boolean {
  const host = hostOf(origin)
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    isInRange(host, '127.0.0.0/8') ||
    isInRange(host, '::1')
  )
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase()
}

/** `undefined` for what is none: the error of `URL` would repeat the text, password and all. */
function urlOf(text: string): URL | undefined {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  return URL.canParse(full) ? new URL(full) : undefined
}

function unescapePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a bare percent sign in a password
  }
}
