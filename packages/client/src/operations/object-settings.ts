/** What is said of an object apart from its bytes: tags, ACL; links to others; the return from an archive. */

import {
  decodeAccessControlPolicy,
  type ETag,
  encodePath,
  encodeRestoreRequest,
  requireObjectKey,
} from '@lading/protocol'
import type { CallOptions } from '../options.ts'
import type { Answer, Sender, TextAnswer } from '../send.ts'
import {
  attributeHeaders,
  type ObjectAcl,
  type ObjectAttributes,
  type ObjectHead,
  objectHead,
  requireETag,
} from './attributes.ts'
import { type AclAnswer, type TaggingInput, taggingDocument, taggingOf } from './bucket-rights.ts'
import { onlyStatus } from './buckets.ts'
import { documentBody } from './document-body.ts'
import { type ObjectInput, objectTarget } from './multipart.ts'
import type { VersionInput } from './objects.ts'
import { queryOf } from './query.ts'

/** What answers about one version say besides; `versionId` is `undefined` where there are none. */
export interface VersionAnswer extends Answer {
  readonly versionId: string | undefined
}

export interface PutObjectTaggingInput extends VersionInput, TaggingInput {}

export interface GetObjectTaggingAnswer extends VersionAnswer, TaggingInput {}

export interface PutObjectAclInput extends VersionInput {
  readonly acl: ObjectAcl
}

export interface GetObjectAclAnswer extends AclAnswer, VersionAnswer {}

export interface PutSymlinkInput extends ObjectInput, ObjectAttributes {
  /** The key, of the same bucket, that the link leads to. It need not exist. */
  readonly symlinkTarget: string
  readonly acl?: ObjectAcl | undefined
}

export interface PutSymlinkAnswer extends VersionAnswer {
  readonly etag: ETag
}

export interface GetSymlinkAnswer
  extends VersionAnswer,
    Pick<ObjectHead, 'etag' | 'lastModified' | 'metadata'> {
  readonly symlinkTarget: string
}

export interface RestoreObjectInput extends VersionInput {
  /** How long the object stays readable. Default: the service's, which is 1. */
  readonly days?: number | undefined
  /** How fast: `Expedited`, `Standard` or `Bulk`; not for the class `Archive`. Default `Standard`. */
  readonly tier?: string | undefined
}

export interface RestoreObjectAnswer extends VersionAnswer {
  /** The service has begun to restore the object (202); else it was at it, or had done so (200). */
  readonly begun: boolean
}

export function getObjectTagging(
  sender: Sender,
  input: VersionInput,
  options?: CallOptions,
): Promise<GetObjectTaggingAnswer> {
  return sender.send(
    {
      operation: 'GetObjectTagging',
      method: 'GET',
      ...versionOf(input, 'tagging'),
      receive: (answer) => ({ ...versionAnswer(answer), tagging: taggingOf(answer.text) }),
    },
    options,
  )
}

export async function putObjectTagging(
  sender: Sender,
  { tagging, ...input }: PutObjectTaggingInput,
  options?: CallOptions,
): Promise<VersionAnswer> {
  return sender.send(
    {
      operation: 'PutObjectTagging',
      method: 'PUT',
      ...versionOf(input, 'tagging'),
      ...(await documentBody(sender, taggingDocument(tagging))),
      receive: versionAnswer,
    },
    options,
  )
}

export function deleteObjectTagging(
  sender: Sender,
  input: VersionInput,
  options?: CallOptions,
): Promise<VersionAnswer> {
  return sender.send(
    {
      operation: 'DeleteObjectTagging',
      method: 'DELETE',
      ...versionOf(input, 'tagging'),
      receive: versionAnswer,
    },
    options,
  )
}

export function getObjectAcl(
  sender: Sender,
  input: VersionInput,
  options?: CallOptions,
): Promise<GetObjectAclAnswer> {
  return sender.send(
    {
      operation: 'GetObjectAcl',
      method: 'GET',
      ...versionOf(input, 'acl'),
      receive: (answer) => {
        const { owner, grant } = decodeAccessControlPolicy(answer.text)
        return { ...versionAnswer(answer), owner, acl: grant }
      },
    },
    options,
  )
}

export function putObjectAcl(
  sender: Sender,
  { acl, ...input }: PutObjectAclInput,
  options?: CallOptions,
): Promise<VersionAnswer> {
  return sender.send(
    {
      operation: 'PutObjectAcl',
      method: 'PUT',
      ...versionOf(input, 'acl'),
      headers: { 'x-oss-object-acl': acl },
      receive: versionAnswer,
    },
    options,
  )
}

export function putSymlink(
  sender: Sender,
  { bucket, key, symlinkTarget, acl, ...attributes }: PutSymlinkInput,
  options?: CallOptions,
): Promise<PutSymlinkAnswer> {
  return sender.send(
    {
      operation: 'PutSymlink',
      method: 'PUT',
      ...versionOf({ bucket, key }, 'symlink'),
      headers: {
        ...attributeHeaders(attributes),
        'x-oss-symlink-target': encodePath(requireObjectKey(symlinkTarget)),
        'x-oss-object-acl': acl,
      },
      receive: (answer) => ({ ...versionAnswer(answer), etag: requireETag(answer.headers) }),
    },
    options,
  )
}

export function getSymlink(
  sender: Sender,
  input: VersionInput,
  options?: CallOptions,
): Promise<GetSymlinkAnswer> {
  return sender.send(
    {
      operation: 'GetSymlink',
      method: 'GET',
      ...versionOf(input, 'symlink'),
      receive: (answer) => {
        const target = answer.headers.get('x-oss-symlink-target')
        if (!target) throw new Error('it does not say where the link leads')
        const headers = new Map(answer.headers).set('content-length', '0')
        const { etag, lastModified, metadata } = objectHead(headers)
        const symlinkTarget = decodeURIComponent(target)
        return { ...versionAnswer(answer), symlinkTarget, etag, lastModified, metadata }
      },
    },
    options,
  )
}

export async function restoreObject(
  sender: Sender,
  { days, tier, ...input }: RestoreObjectInput,
  options?: CallOptions,
): Promise<RestoreObjectAnswer> {
  const asks = days !== undefined || tier !== undefined
  return sender.send(
    {
      operation: 'RestoreObject',
      method: 'POST',
      ...versionOf(input, 'restore'),
      ...(asks && (await documentBody(sender, encodeRestoreRequest({ days, tier })))),
      receive: (answer) => ({ ...versionAnswer(answer), begun: answer.status === 202 }),
    },
    options,
  )
}

function versionOf(
  { bucket, key, versionId }: VersionInput,
  about: string,
): {
  target: ReturnType<typeof objectTarget>
  query: readonly [string, string][]
} {
  return {
    target: objectTarget({ bucket, key }),
    query: [[about, ''], ...(queryOf({ versionId }) as [string, string][])],
  }
}

function versionAnswer(answer: TextAnswer): VersionAnswer {
  return { ...onlyStatus(answer), versionId: answer.headers.get('x-oss-version-id') }
}
