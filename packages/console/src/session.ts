/** Who is signed in, and the client that asks in their name. */

import { OssClient } from '@lading/client'
import { webTransport } from '@lading/client/browser'
import { type Signal, signal } from '@preact/signals'
import { watched } from './transfers/part-watch.ts'

/** What the sign-in form asks for. Keys stay in memory unless they are to be kept for this tab. */
export interface SignIn {
  /** Scheme and host. */
  readonly endpoint: string
  /** Bare, such as `cn-hangzhou`; empty: what the endpoint says. */
  readonly region: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Of temporary keys; else empty. */
  readonly securityToken: string
  /** For keys that may not list buckets; else empty. */
  readonly bucket: string
}

export interface Session extends SignIn {
  readonly client: OssClient
}

const STORED = 'lading.session'

export const session: Signal<Session | undefined> = signal(undefined)

/** Served by the service itself, and then bound by its policy to that one origin. */
export const isServedByService: boolean = location.pathname.startsWith('/-/console/')

/** Resolves once the service has known the keys. Rejects as its refusal, and nobody is signed in. */
export async function signIn(given: SignIn, { keep }: { readonly keep: boolean }): Promise<void> {
  const client = clientOf(given)
  if (given.bucket === '') await client.listBuckets({ maxKeys: 1 })
  else await client.listObjectsV2({ bucket: given.bucket, maxKeys: 1 })
  if (keep) sessionStorage.setItem(STORED, JSON.stringify(given))
  session.value = { ...given, client }
}

/** Forgets the keys, here and in the tab's storage. */
export function signOut(): void {
  const left = session.value
  sessionStorage.removeItem(STORED)
  session.value = undefined
  left?.client.close().catch(() => {})
}

/** Signs in by what the tab kept, if it did. */
export function restoreSession(): void {
  const text = sessionStorage.getItem(STORED)
  const kept: unknown = text === null ? undefined : JSON.parse(text)
  if (isSignIn(kept)) session.value = { ...kept, client: clientOf(kept) }
}

/** @throws where nobody is signed in: views are shown only to those who are. */
export function requireSession(): Session {
  if (!session.value) throw new Error('Nobody is signed in.')
  return session.value
}

function clientOf(given: SignIn): OssClient {
  const { endpoint, region, accessKeyId, accessKeySecret, securityToken } = given
  const token = securityToken === '' ? {} : { securityToken }
  return new OssClient({
    endpoint,
    ...(region !== '' && { region }),
    // Buckets of this origin are reached under it: other hosts are other origins.
    ...(isServedByService && { style: 'path' }),
    credentials: { accessKeyId, accessKeySecret, ...token },
    transport: watched(webTransport()),
  })
}

function isSignIn(value: unknown): value is SignIn {
  const fields = ['endpoint', 'region', 'accessKeyId', 'accessKeySecret', 'securityToken', 'bucket']
  return (
    typeof value === 'object' &&
    value !== null &&
    fields.every((field) => typeof Reflect.get(value, field) === 'string')
  )
}
