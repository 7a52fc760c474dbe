/** What an operation is: where it is found, who may ask, how much it may send, and what it does. */

import type { Owner, Query } from '@lading/protocol'
import type { Identify, Principal } from '../access/principal.ts'
import type { Bucket, Store } from '../store/store.ts'
import type { SendCallback } from './callback.ts'

export type { Principal } from '../access/principal.ts'
export type { Bucket, Store } from '../store/store.ts'

/** Something to be allowed, in a bucket or to one of its objects. */
export interface WantedAccess {
  /** The permission, such as `oss:GetObject`. */
  readonly action: string
  /** What an ACL must grant to others than the owner of the bucket. */
  readonly access: Operation['access']
  readonly bucket: string
  readonly key?: string | undefined
  /** The version that is meant, where one is named. */
  readonly versionId?: string | undefined
  /** What counts as the headers of the request, where a form has them. Default: its headers. */
  readonly headers?: RequestHeaders | undefined
  /** Who is to be allowed it. Default: who sent the request. */
  readonly principal?: Principal | undefined
}

/** The header fields of a request, names in lower case, values trimmed, each at most once. */
export interface RequestHeaders {
  get(name: string): string | undefined
  /** Every field, for those that are chosen by prefix such as `x-oss-meta-`. */
  entries(): Iterable<readonly [name: string, value: string]>
}

export interface RequestBody {
  /** Bytes, as the client declared them; `undefined` when it only chunked. */
  readonly declaredLength: number | undefined
  /**
   * The bytes, once. Asks the client for them (`100 Continue`) when first read. Ends only after all
   * that was declared has come.
   *
   * @throws {OssError} `IncompleteBody`, `EntityTooLarge` or `RequestTimeout` while it is read.
   */
  bytes(): AsyncIterable<Uint8Array>
  /** All of the body as text, within the operation's limit; invalid UTF-8 is `MalformedXML`. */
  text(): Promise<string>
}

/** A request that has been routed, authenticated, authorized and checked against declared limits. */
export interface OssRequest {
  readonly method: string
  /** `undefined` for the service itself. */
  readonly bucket: string | undefined
  /** `undefined` for the service and for a bucket; valid otherwise. */
  readonly key: string | undefined
  /** The bucket as it was found; `undefined` for the service, and for a bucket to be made. */
  readonly bucketRow: Bucket | undefined
  readonly query: Query
  readonly headers: RequestHeaders
  readonly body: RequestBody
  readonly principal: Principal
  /**
   * Asks leave for something besides what the operation itself says it needs, such as to read the
   * source of a copy.
   *
   * @throws {OssError} `AccessDenied`; `NoSuchBucket` when there is no such bucket.
   */
  authorize(wanted: WantedAccess): Promise<void>
  /**
   * Counts the request, and what it still sends, as that of `principal`, whom only the body has proved.
   *
   * @throws {OssError} when that one has asked for too much.
   */
  countAs(principal: Principal): void
  /** Whether a bucket of whoever asks is within what its key may see. */
  maySeeBucket(name: string): boolean
  readonly requestId: string
  /** `http` or `https`, and the Host header as sent; together they make `Location`. */
  readonly scheme: 'http' | 'https'
  readonly host: string
  /** Whether the Host names the bucket, by its first label or as a CNAME, and the path the key alone. */
  readonly bucketInHost: boolean
  /** The peer's address. */
  readonly remote: string | undefined
  /** When the request came. */
  readonly time: Date
  /** Bytes that the server reads for this request, no faster than it wants (`x-oss-traffic-limit`). */
  readonly slowly: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>
  /** Aborts when the peer leaves or the server gives the request up. */
  readonly signal: AbortSignal
}

export interface Reply {
  readonly status: number
  /** Names in the spelling they are sent in. `x-oss-request-id`, `Date`, `Server` are the listener's. */
  readonly headers?: Readonly<Record<string, string>>
  /** An XML document. */
  readonly xml?: string
  /**
   * An object's bytes; `length` of them, exactly, or as many as come where nobody knows yet. On HEAD
   * `length` alone is sent.
   */
  readonly content?: {
    readonly length: number | undefined
    readonly bytes: () => AsyncIterable<Uint8Array>
    /** Called once when the reply is over, read to its end or not, begun or not. */
    readonly release: () => void
  }
}

/** What the service says of itself. */
export interface ServiceProfile {
  /** Bare, such as `cn-hangzhou`. */
  readonly region: string
  /** Host names that BucketInfo and ListBuckets advertise. */
  readonly extranetEndpoint: string
  readonly intranetEndpoint: string
  /** How an owner is written in answers. */
  readonly describeOwner: (owner: string) => Owner
}

export interface OperationContext {
  readonly store: Store
  readonly profile: ServiceProfile
  readonly sendCallback: SendCallback
  /** Milliseconds that every restore from an archive takes; `undefined`: what its class says. */
  readonly restoreMs: number | undefined
  /**
   * Whose key that is, where a request proves it in a way of its own, as the form of PostObject does.
   * The signature is the caller's to check.
   *
   * @throws {OssError} As `Identify` does.
   */
  readonly identify: Identify
}

export interface Operation {
  /** OSS's own name, such as `UploadPart`. */
  readonly name: string
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS'
  readonly resource: 'service' | 'bucket' | 'object'
  /** The query names that make a request this operation and no other; values are the handler's. */
  readonly query: readonly string[]
  /** A header field without which a request is not this operation. */
  readonly header?: string
  /** The permission asked for, such as `oss:PutObject`. */
  readonly action: string
  /** What a bucket's ACL must grant to others than its owner; `owner` is granted to nobody else. */
  readonly access: 'read' | 'write' | 'owner'
  /** Whether it may make the bucket, so that a missing one is no refusal. */
  readonly createsBucket?: boolean
  /**
   * Whether the handler asks for leave itself (`request.authorize`), because only the body says what
   * is wanted or who asks. Nothing is asked before the handler then.
   */
  readonly authorizesItself?: boolean
  /** Whether it stores something besides a streamed body, and is refused with one when space runs out. */
  readonly takesSpace?: boolean
  readonly body:
    | { readonly kind: 'none' }
    | { readonly kind: 'text'; readonly limit: number }
    | { readonly kind: 'stream'; readonly limit: number }
  handle(request: OssRequest, context: OperationContext): Promise<Reply>
}
