/** What a key may do at most, whatever buckets its owner has. */

import { z } from 'zod/v3'
import type { Policy, Question } from '../policy/policy.ts'

/**
 * `administrator`: everything. `read-write`: objects and their tags, and open uploads; neither ACLs nor
 * what is set on buckets. `read-only`: to look, at objects and at what is set.
 */
export type Role = 'administrator' | 'read-write' | 'read-only'

export interface Rights {
  readonly role: Role
  /** In this bucket alone. */
  readonly bucket?: string | undefined
  /** On keys that begin so alone; only beside `bucket`. */
  readonly prefix?: string | undefined
}

export const rightsSchema: z.ZodType<Rights> = z
  .strictObject({
    role: z.enum(['administrator', 'read-write', 'read-only']),
    bucket: z.string().min(1).optional(),
    prefix: z.string().min(1).optional(),
  })
  .refine(({ bucket, prefix }) => bucket !== undefined || prefix === undefined, {
    message: 'must name the bucket that the prefix is in',
  })

/** Whether nothing is out of reach. */
export function isUnlimited({ role, bucket }: Rights): boolean {
  return role === 'administrator' && bucket === undefined
}

const reading = [/^oss:get/i, /^oss:list/i, /^oss:describeregions$/i]
const writing = [
  /^oss:(put|delete)object$/i,
  /^oss:deleteobjectversion$/i,
  /^oss:(put|delete)object(version)?tagging$/i,
  /^oss:restoreobject(version)?$/i,
  /^oss:abortmultipartupload$/i,
]

const actionsOf: Readonly<Record<Role, readonly RegExp[]>> = {
  administrator: [/^/],
  'read-write': [...reading, ...writing],
  'read-only': reading,
}

const ofService = /^oss:(listbuckets|describeregions)$/i

/** Of a bucket, to a key that has only some of its objects: enough to find it and to list those. */
const ofPart = /^oss:getbucket(info|location)$/i
const listing = /^oss:list(objects|objectversions|multipartuploads)$/i

/** The rights as a policy that allows exactly them; `undefined` when they have no limit. */
export function policyOf(rights: Rights): Policy | undefined {
  if (isUnlimited(rights)) return undefined
  const { role, bucket, prefix } = rights
  const actions = actionsOf[role]
  const ofRole = ({ action }: Question): boolean => actions.some((fits) => fits.test(action))
  const inReach = (question: Question): boolean => {
    const { action, resource, facts } = question
    // What is listed there are the buckets in reach and no others.
    if (resource.bucket === undefined) return ofService.test(action)
    if (bucket === undefined) return true
    if (resource.bucket !== bucket) return false
    if (prefix === undefined) return true
    if (resource.key !== undefined) return resource.key.startsWith(prefix)
    if (listing.test(action)) return facts.get('oss:prefix')?.startsWith(prefix) ?? false
    return ofPart.test(action)
  }
  return [{ effect: 'Allow', toEverybody: false, applies: [ofRole, inReach] }]
}
