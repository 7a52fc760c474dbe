/** What is said of the objects that a command makes: their type, their metadata, who may read them. */

import type { ObjectAcl } from '@lading/client'
import { type Command, Option } from 'commander'
import { usageError } from '../command-error.ts'

export interface ObjectOptions {
  readonly contentType: string | undefined
  readonly cacheControl: string | undefined
  readonly storageClass: string | undefined
  readonly acl: ObjectAcl | undefined
  readonly metadata: Readonly<Record<string, string>>
  /** Up to ten. */
  readonly tagging: Readonly<Record<string, string>>
}

export interface ObjectFlags {
  readonly contentType?: string
  readonly cacheControl?: string
  readonly storageClass?: string
  readonly acl?: ObjectAcl
  readonly metadata?: readonly string[]
  readonly tagging?: readonly string[]
}

const acls: readonly ObjectAcl[] = ['default', 'private', 'public-read', 'public-read-write']
const maxTags = 10

export function addObjectOptions(command: Command): void {
  command
    .option('--content-type <type>', 'of the object (default: by the extension)')
    .option('--cache-control <value>', 'what the object is served with, such as max-age=60')
    .option('--storage-class <class>', 'Standard, IA, Archive, ... (default: of the bucket)')
    .addOption(new Option('--acl <acl>', 'who may read and write it').choices(acls))
    .option('--meta, --metadata <name=value>', 'metadata of the object (repeatable)', collect)
    .option('--tagging <name=value>', 'a tag of the object, up to ten (repeatable)', collect)
}

function collect(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value]
}

/** @throws {CommandError} usage. */
export function readObjectOptions(flags: ObjectFlags): ObjectOptions {
  const { contentType, cacheControl, storageClass, acl, metadata = [], tagging = [] } = flags
  // ossutil has several tags as one value, like a query.
  const tags = tagging.flatMap((text) => text.split('&')).map(readTag)
  if (tags.length > maxTags) throw usageError(`--tagging: an object has ${maxTags} tags at most`)
  return {
    contentType,
    cacheControl,
    storageClass,
    acl,
    metadata: Object.fromEntries(metadata.map(readMetadata)),
    tagging: Object.fromEntries(tags),
  }
}

/** Without what was not given: a copy keeps the headers of its source unless it is given some. */
export function givenAttributes(options: ObjectOptions): Partial<ObjectOptions> {
  const { contentType, cacheControl, storageClass, acl, metadata, tagging } = options
  return {
    contentType,
    cacheControl,
    storageClass,
    acl,
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(Object.keys(tagging).length > 0 && { tagging }),
  }
}

function readMetadata(text: string): [name: string, value: string] {
  const equals = text.indexOf('=')
  const name = text.slice(0, equals)
  if (equals > 0 && /^[\w!#$%&'*+.^`|~-]+$/.test(name)) return [name, text.slice(equals + 1)]
  throw usageError(`"${text}" is not metadata`, 'Write it --metadata NAME=VALUE.')
}

function readTag(text: string): [name: string, value: string] {
  const equals = text.indexOf('=')
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)]
  throw usageError(`"${text}" is not a tag`, 'Write it --tagging NAME=VALUE.')
}
