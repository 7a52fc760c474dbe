/** Where a request points: bucket and key out of Host and path, and back. */

import { OssError } from './errors.ts'
import { decodePercent, encodePath, encodeStrict } from './percent.ts'
import type { QueryEntry } from './query.ts'
import { requireBucketName } from './values.ts'

/** Bucket in the host, bucket in the path, or a host that belongs to one bucket. */
export type AddressStyle = 'virtual' | 'path' | 'cname'

/**
 * What a request is about. Both are decoded and neither is validated; the key is `undefined` when
 * absent or empty. A bucket of `''` comes of a path such as `//key`: no bucket has that name.
 */
export interface Target {
  readonly bucket: string | undefined
  readonly key: string | undefined
}

/** Which hosts are ours, besides IP addresses, `localhost` and `*.aliyuncs.com`. */
export interface AddressBook {
  /** Hosts that name the service; `BUCKET.` before one names a bucket. */
  readonly baseHosts?: readonly string[]
  /** Hosts that belong to one bucket, and its name. */
  readonly cnames?: Readonly<Record<string, string>>
}

/** Where a service is reached. */
export interface Endpoint {
  readonly scheme: 'http' | 'https'
  /** As in a Host header: the port only when it is not the scheme's own; IPv6 in brackets. */
  readonly host: string
  /** As a socket takes it: no port, no brackets. */
  readonly hostname: string
  readonly port: number
}

/** What the Host alone says; a bucket only where it names one. */
interface HostReading {
  readonly kind: 'service' | 'bucket' | 'cname' | 'either'
  readonly bucket: string
}

/**
 * Undoes the percent-encoding of a path, once, to UTF-8. Nothing is collapsed: `//` and `..` are
 * parts of keys, and `+` is a plus.
 *
 * @throws {OssError} `InvalidObjectName` for a broken escape or bytes that are not UTF-8.
 */
export function decodePath(rawPath: string): string {
  const path = decodePercent(rawPath)
  if (path === undefined) {
    throw new OssError('InvalidObjectName', {
      message: 'The Object name is not valid percent-encoded UTF-8.',
    })
  }
  return path
}

/**
 * Every way in which Host and path may be read, the likeliest first, none twice. There is more than
 * one where clients leave doubt: ali-oss with `sldEnable` on an IP address names the bucket in the
 * Host and in the path, and the C SDK with `is_cname` puts it in the path of bucket operations only.
 * Whose reading it was shows in the signature.
 *
 * A host that nobody told us of, such as a container's name, is read in path style.
 *
 * @throws {OssError} `InvalidObjectName` as `decodePath`.
 */
export function readTargets(
  host: string | undefined,
  rawPath: string,
  book: AddressBook = {},
): readonly Target[] {
  const path = decodePath(rawPath).replace(/^\//, '')
  const inPath = splitPath(path)
  const { kind, bucket } = readHost(host, book)
  const inHost: Target = { bucket, key: path === '' ? undefined : path }
  switch (kind) {
    case 'service':
      return [inPath]
    case 'cname':
      return path === '' ? [inHost] : [inHost, inPath]
    case 'either':
      return [inPath, inHost]
    case 'bucket':
      return inPath.bucket === bucket ? [inHost, inPath] : [inHost]
  }
}

/** Whether the Host names the service itself, and no bucket: only there are paths ours to give. */
export function namesService(host: string | undefined, book: AddressBook = {}): boolean {
  const { kind } = readHost(host, book)
  return kind === 'service' || kind === 'either'
}

/**
 * Reads what people write as an endpoint: a host, with or without scheme and port. No scheme means
 * `https`.
 *
 * @throws {TypeError} when there is more than that, or less.
 */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(?:(https?):\/\/)?(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?\/?$/.exec(
    text.trim().toLowerCase(),
  )
  const [, scheme = 'https', name = '', digits] = match ?? []
  const ownPort = scheme === 'http' ? 80 : 443
  const port = digits === undefined ? ownPort : Number(digits)
  const labels = name.split('.')
  if (!match || labels.includes('') || port < 1 || port > 65_535) {
    // A text with `@` in it may hold a password, and errors are printed.
    const given = text.includes('@') ? '' : `, and not ${JSON.stringify(text)}`
    throw new TypeError(
      `The endpoint must be a host with an optional scheme and port, such as https://oss-cn-hangzhou.aliyuncs.com or http://127.0.0.1:9000${given}.`,
    )
  }
  return {
    scheme: scheme === 'http' ? 'http' : 'https',
    host: port === ownPort ? name : `${name}:${port}`,
    hostname: name.replace(/^\[|\]$/g, ''),
    port,
  }
}

/** Path style on an IP address and on `localhost`, where no bucket can stand in the host. */
export function defaultStyle(endpoint: Endpoint): AddressStyle {
  return isAddress(endpoint.hostname) || endpoint.hostname === 'localhost' ? 'path' : 'virtual'
}

/**
 * The Host header and the encoded path, without query, that reach `target`.
 *
 * @throws {OssError} `InvalidBucketName`: in a Host, any text would be another host.
 * @throws {TypeError} for a key without a bucket.
 */
export function formatTarget(
  endpoint: Endpoint,
  style: AddressStyle,
  { bucket, key = '' }: Target,
): { host: string; path: string } {
  if (bucket === undefined) {
    if (key !== '') throw new TypeError('An object key needs a bucket.')
    return { host: endpoint.host, path: '/' }
  }
  requireBucketName(bucket)
  if (style === 'path') return { host: endpoint.host, path: formatPath(`${bucket}/${key}`) }
  const host = style === 'virtual' ? `${bucket}.${endpoint.host}` : endpoint.host
  return { host, path: formatPath(key) }
}

/** The query without its `?`, in the order given; a bare name where the value is empty. */
export function formatQuery(entries: readonly QueryEntry[]): string {
  return entries
    .map(([name, value]) =>
      value === '' ? encodeStrict(name) : `${encodeStrict(name)}=${encodeStrict(value)}`,
    )
    .join('&')
}

/**
 * URL parsers collapse `.` and `..` between slashes, however they are encoded, and would send the
 * request to another key. Encoded slashes mean the same to OSS and are left alone.
 */
function formatPath(path: string): string {
  const collapsible = path.split('/').some((segment) => segment === '.' || segment === '..')
  return `/${collapsible ? encodeStrict(path) : encodePath(path)}`
}

function splitPath(path: string): Target {
  if (path === '') return { bucket: undefined, key: undefined }
  const slash = path.indexOf('/')
  if (slash < 0) return { bucket: path, key: undefined }
  const key = path.slice(slash + 1)
  return { bucket: path.slice(0, slash), key: key === '' ? undefined : key }
}

const service: HostReading = { kind: 'service', bucket: '' }

function readHost(
  host: string | undefined,
  { baseHosts = [], cnames = {} }: AddressBook,
): HostReading {
  const name = hostName(host ?? '')
  for (const [cname, bucket] of Object.entries(cnames)) {
    if (hostName(cname) === name) return { kind: 'cname', bucket }
  }
  const bases = ['localhost', ...baseHosts.map(hostName)]
  if (name === '' || isAddress(name) || bases.includes(name)) return service

  const longestFirst = bases.sort((left, right) => right.length - left.length)
  const base = longestFirst.find((candidate) => name.endsWith(`.${candidate}`))
  if (base !== undefined) return readLabel(name.slice(0, -base.length - 1))
  if (name.endsWith('.aliyuncs.com')) return readAliyunHost(name.slice(0, -'.aliyuncs.com'.length))
  return service
}

/**
 * `oss-REGION`, `REGION.oss` (dual stack) and `BOX.REGION.oss-cloudbox` are endpoints; what stands
 * before them is a bucket. Source: "OSS domain names", OSS user guide.
 */
function readAliyunHost(prefix: string): HostReading {
  const labels = prefix.split('.')
  const last = labels.at(-1)
  const endpointLabels = last === 'oss' ? 2 : last === 'oss-cloudbox' ? 3 : 1
  if (labels.length <= endpointLabels) return service
  return readLabel(labels.slice(0, -endpointLabels).join('.'))
}

/**
 * On an IP address ali-oss writes `.ENDPOINT` or `undefined.ENDPOINT` for the service itself.
 * Observed with 6.23.0 and in its `lib/common/utils/createRequest.js`. But `undefined` is also a
 * name that a bucket can have.
 */
function readLabel(label: string): HostReading {
  if (label === '') return service
  return { kind: label === 'undefined' ? 'either' : 'bucket', bucket: label }
}

/** Lower case, without port, brackets and the final dot of a full domain name. */
function hostName(host: string): string {
  const lower = host.trim().toLowerCase()
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(lower)
  if (bracketed?.[1] !== undefined) return bracketed[1]
  const colons = lower.split(':').length - 1
  return (colons === 1 ? lower.replace(/:\d*$/, '') : lower).replace(/\.$/, '')
}

/** IPv6, or IPv4 in any form that resolvers take (`127.1`). */
function isAddress(name: string): boolean {
  return name.includes(':') || /^[0-9]+(\.[0-9]+){0,3}$/.test(name)
}
