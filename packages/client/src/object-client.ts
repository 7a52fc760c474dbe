/** The operations on objects, besides those that `upload` needs. */

import { signV1 } from '@lading/protocol'
import * as append from './operations/append.ts'
import * as copies from './operations/copies.ts'
import * as deletions from './operations/delete-objects.ts'
import * as objectSettings from './operations/object-settings.ts'
import * as objects from './operations/objects.ts'
import { pages } from './operations/pages.ts'
import { type PresignAnswer, type PresignInput, presign } from './operations/presign.ts'
import {
  type SignPostPolicyAnswer,
  type SignPostPolicyInput,
  signPostPolicy,
} from './operations/sign-post-policy.ts'
import * as versions from './operations/versions.ts'
import type { CallOptions, ClientOptions, TransportOption } from './options.ts'
import { UploadClient } from './upload-client.ts'

/** The part of `OssClient` that reads, writes, copies and describes objects. */
export class ObjectClient extends UploadClient {
  /** @throws {TypeError} for an endpoint that is none. */
  constructor(options: ClientOptions & TransportOption) {
    super(options, signV1)
  }

  /** Makes a part of a range of an object, without its bytes passing here. `copy` does so for whole objects. */
  uploadPartCopy(
    input: copies.UploadPartCopyInput,
    options?: CallOptions,
  ): Promise<copies.UploadPartCopyAnswer> {
    return copies.uploadPartCopy(this.sender, input, options)
  }

  /** Resolves when the answer's headers are here; `body` then streams, and is not retried. */
  getObject(
    input: objects.GetObjectInput,
    options?: CallOptions,
  ): Promise<objects.GetObjectAnswer> {
    return objects.getObject(this.sender, input, options)
  }

  /** The cheaper `headObject`: size, ETag and CRC-64 only. */
  getObjectMeta(
    input: objects.VersionInput,
    options?: CallOptions,
  ): Promise<objects.GetObjectMetaAnswer> {
    return objects.getObjectMeta(this.sender, input, options)
  }

  /** Succeeds whether or not the object exists. */
  deleteObject(
    input: objects.VersionInput,
    options?: CallOptions,
  ): Promise<objects.DeleteObjectAnswer> {
    return objects.deleteObject(this.sender, input, options)
  }

  /** Up to 1,000 objects or versions by one request. Succeeds whether or not they exist. */
  deleteMultipleObjects(
    input: deletions.DeleteMultipleObjectsInput,
    options?: CallOptions,
  ): Promise<deletions.DeleteMultipleObjectsAnswer> {
    return deletions.deleteMultipleObjects(this.sender, input, options)
  }

  /**
   * Copies an object of at most 5 GiB, or changes what is said of one by copying it onto itself.
   * `copy` does it for any size, and proves it.
   */
  copyObject(
    input: copies.CopyObjectInput,
    options?: CallOptions,
  ): Promise<copies.CopyObjectAnswer> {
    return copies.copyObject(this.sender, input, options)
  }

  /**
   * Puts bytes behind an object that was made so. When a retry after a lost answer is refused, HEAD
   * decides whether they are there, where `hashCrc64ecma` or position 0 lets it.
   *
   * @throws {IntegrityError} when the service holds other bytes.
   */
  appendObject(
    input: append.AppendObjectInput,
    options?: CallOptions,
  ): Promise<append.AppendObjectAnswer> {
    return append.appendObject(this.sender, input, options)
  }

  /** Replaces all tags of the object. */
  putObjectTagging(
    input: objectSettings.PutObjectTaggingInput,
    options?: CallOptions,
  ): Promise<objectSettings.VersionAnswer> {
    return objectSettings.putObjectTagging(this.sender, input, options)
  }

  getObjectTagging(
    input: objects.VersionInput,
    options?: CallOptions,
  ): Promise<objectSettings.GetObjectTaggingAnswer> {
    return objectSettings.getObjectTagging(this.sender, input, options)
  }

  deleteObjectTagging(
    input: objects.VersionInput,
    options?: CallOptions,
  ): Promise<objectSettings.VersionAnswer> {
    return objectSettings.deleteObjectTagging(this.sender, input, options)
  }

  putObjectAcl(
    input: objectSettings.PutObjectAclInput,
    options?: CallOptions,
  ): Promise<objectSettings.VersionAnswer> {
    return objectSettings.putObjectAcl(this.sender, input, options)
  }

  getObjectAcl(
    input: objects.VersionInput,
    options?: CallOptions,
  ): Promise<objectSettings.GetObjectAclAnswer> {
    return objectSettings.getObjectAcl(this.sender, input, options)
  }

  /** Stores a link to another key of the bucket; reading it reads that object. */
  putSymlink(
    input: objectSettings.PutSymlinkInput,
    options?: CallOptions,
  ): Promise<objectSettings.PutSymlinkAnswer> {
    return objectSettings.putSymlink(this.sender, input, options)
  }

  getSymlink(
    input: objects.VersionInput,
    options?: CallOptions,
  ): Promise<objectSettings.GetSymlinkAnswer> {
    return objectSettings.getSymlink(this.sender, input, options)
  }

  /** Asks for an archived object to be made readable for some days. */
  restoreObject(
    input: objectSettings.RestoreObjectInput,
    options?: CallOptions,
  ): Promise<objectSettings.RestoreObjectAnswer> {
    return objectSettings.restoreObject(this.sender, input, options)
  }

  /** One page of all versions, delete markers among them, newest first within a key. */
  listObjectVersions(
    input: versions.ListObjectVersionsInput,
    options?: CallOptions,
  ): Promise<versions.ListObjectVersionsAnswer> {
    return versions.listObjectVersions(this.sender, input, options)
  }

  /** All pages of `listObjectVersions`. */
  listObjectVersionsPages(
    input: versions.ListObjectVersionsInput,
    options?: CallOptions,
  ): AsyncGenerator<versions.ListObjectVersionsAnswer, void, void> {
    return pages(
      (position?: { keyMarker: string | undefined; versionIdMarker: string | undefined }) =>
        this.listObjectVersions({ ...input, ...position }, options),
      ({ isTruncated, nextKeyMarker, nextVersionIdMarker }) =>
        isTruncated
          ? { keyMarker: nextKeyMarker, versionIdMarker: nextVersionIdMarker }
          : undefined,
    )
  }

  listObjects(
    input: objects.ListObjectsInput,
    options?: CallOptions,
  ): Promise<objects.ListObjectsAnswer> {
    return objects.listObjects(this.sender, input, options)
  }

  listObjectsV2(
    input: objects.ListObjectsV2Input,
    options?: CallOptions,
  ): Promise<objects.ListObjectsV2Answer> {
    return objects.listObjectsV2(this.sender, input, options)
  }

  /** All pages of `listObjectsV2`. */
  listObjectsPages(
    input: objects.ListObjectsV2Input,
    options?: CallOptions,
  ): AsyncGenerator<objects.ListObjectsV2Answer, void, void> {
    return pages(
      (position?: { continuationToken: string | undefined }) =>
        this.listObjectsV2({ ...input, ...position }, options),
      (page) => (page.isTruncated ? { continuationToken: page.nextContinuationToken } : undefined),
    )
  }

  /** A URL that whoever has it may use, until it expires, as if they had the keys. Asks nobody. */
  presign(input: PresignInput, options?: CallOptions): Promise<PresignAnswer> {
    return presign(this.sender, input, options)
  }

  /** What a browser's form must carry to store an object without keys, until it expires. Asks nobody. */
  signPostPolicy(input: SignPostPolicyInput, options?: CallOptions): Promise<SignPostPolicyAnswer> {
    return signPostPolicy(this.sender, input, options)
  }
}
