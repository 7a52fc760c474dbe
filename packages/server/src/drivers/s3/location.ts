/** Where an S3 engine keeps our blobs, as an address says it. */

export interface S3Location {
  readonly bucket: string
  /** In front of every key: empty, or ending in a slash. */
  readonly prefix: string
  /** At least one; all lead to the same engine. */
  readonly endpoints: readonly string[]
  readonly region: string
}

const FORM = 's3://BUCKET[/PREFIX]?endpoint=http://HOST[:PORT][,http://HOST...][&region=REGION]'

/** @throws {TypeError} saying which form is meant, and which part is not of it. */
export function readLocation(address: string): S3Location {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol !== 's3:' || !url.hostname) throw wrong('it is no such address')
  if (url.username || url.password) {
    throw wrong('keys do not stand in it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  }
  const known = new Set(['endpoint', 'region'])
  for (const name of url.searchParams.keys()) {
    if (!known.has(name)) throw wrong(`it has no ${name}`)
  }
  const endpoints = (url.searchParams.get('endpoint') ?? '').split(',').filter(Boolean)
  if (endpoints.length === 0) throw wrong('it names no endpoint')
  const prefix = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '')
  return {
    bucket: url.hostname,
    prefix: prefix && `${prefix}/`,
    endpoints: endpoints.map(readEndpoint),
    region: url.searchParams.get('region') ?? 'us-east-1',
  }
}

function readEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) throw wrong(`${JSON.stringify(text)} is no endpoint`)
  return url.origin
}

function wrong(why: string): TypeError {
  return new TypeError(`The address of an S3 engine is ${FORM}: ${why}.`)
}
