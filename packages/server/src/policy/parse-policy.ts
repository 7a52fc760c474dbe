/**
 * Policies as text. Whatever is not understood is refused, because a condition that nobody looks at
 * lets everybody in.
 */

import { OssError } from '@lading/protocol'
import { z } from 'zod/v3'
import { type Condition, readCondition } from './conditions.ts'
import type { Policy, Question, Resource, Statement } from './policy.ts'
import { matchesWildcard } from './wildcard.ts'

/** Where a policy stands, which decides how long it may be and whether it names who it is about. */
export type PolicyPlace = 'bucket' | 'session'

/** Characters. Source: PutBucketPolicy, OSS API reference; AssumeRole, STS API reference. */
const longest: Readonly<Record<PolicyPlace, number>> = { bucket: 16 * 1024, session: 2048 }

const words = z.union([z.string().transform((word) => [word]), z.array(z.string()).min(1)])
const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const values = z.union([scalar.transform((value) => [value]), z.array(scalar).min(1)])

const document = z.strictObject({
  Version: z.literal('1'),
  Statement: z
    .array(
      z.strictObject({
        Sid: z.string().optional(),
        Effect: z.enum(['Allow', 'Deny']),
        Principal: words.optional(),
        Action: words.optional(),
        NotAction: words.optional(),
        Resource: words.optional(),
        NotResource: words.optional(),
        Condition: z.record(z.string(), z.record(z.string(), values)).optional(),
      }),
    )
    .min(1),
})

type StatementDocument = z.infer<typeof document>['Statement'][number]

/**
 * Reads a policy. A bucket's may name principals, and without any it is about everybody; a session's
 * is about its session and may not.
 *
 * @throws {OssError} `InvalidPolicyDocument`, saying what of it is not understood.
 */
export function parsePolicy(text: string, place: PolicyPlace): Policy {
  if (text.length > longest[place]) {
    throw invalid(`It is longer than ${longest[place]} characters.`)
  }
  const read = document.safeParse(parseJson(text))
  if (!read.success) {
    const [issue] = read.error.issues
    throw invalid(`${issue?.path.join('.') || 'The document'}: ${issue?.message}.`)
  }
  try {
    return read.data.Statement.map((statement) => readStatement(statement, place))
  } catch (error) {
    if (error instanceof RangeError) throw invalid(error.message)
    throw error
  }
}

/** Whether anybody at all is allowed something without condition. */
export function isPublic(policy: Policy): boolean {
  return policy.some(({ effect, toEverybody }) => effect === 'Allow' && toEverybody)
}

/** @throws {RangeError} */
function readStatement(statement: StatementDocument, place: PolicyPlace): Statement {
  const { Effect, Principal, Action, NotAction, Resource, NotResource, Condition } = statement
  if (Principal && place === 'session') {
    throw new RangeError('The policy of a session names no Principal.')
  }
  const conditions = Object.entries(Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, wanted]) => readCondition(operator, key, wanted)),
  )
  const principals = Principal?.map(requirePrincipal)
  return {
    effect: Effect,
    toEverybody: (principals?.includes('*') ?? true) && conditions.length === 0,
    applies: [
      ...(principals ? [principalTest(principals)] : []),
      oneOf('Action', actionTest, Action, NotAction),
      oneOf('Resource', resourceTest, Resource, NotResource),
      ...conditions.map((holds: Condition) => (question: Question) => holds(question.facts)),
    ],
  }
}

/** Exactly one of `Action` and `NotAction`, or of the two with `Resource`. */
function oneOf(
  element: string,
  read: (pattern: string) => (question: Question) => boolean,
  patterns: readonly string[] | undefined,
  excluded: readonly string[] | undefined,
): (question: Question) => boolean {
  if ((patterns === undefined) === (excluded === undefined)) {
    throw new RangeError(`A statement has either ${element} or Not${element}.`)
  }
  const tests = (patterns ?? excluded ?? []).map(read)
  const wanted = patterns !== undefined
  return (question) => tests.some((fits) => fits(question)) === wanted
}

function actionTest(pattern: string): (question: Question) => boolean {
  if (pattern !== '*' && !/^oss:[A-Za-z0-9*?]+$/i.test(pattern)) {
    throw new RangeError(`"${pattern}" is no action of OSS.`)
  }
  const lower = pattern.toLowerCase()
  return ({ action }) => matchesWildcard(lower, action.toLowerCase())
}

/** `*`, or `acs:oss:REGION:OWNER:BUCKET/KEY`; an empty region or owner stands for any. */
function resourceTest(pattern: string): (question: Question) => boolean {
  if (pattern === '*') return () => true
  const [, region, owner, rest] = /^acs:oss:([^:]*):([^:*?]*|\*):(.+)$/s.exec(pattern) ?? []
  if (region === undefined || owner === undefined || rest === undefined) {
    throw new RangeError(`"${pattern}" is no resource of OSS.`)
  }
  if (rest.includes('${')) throw new RangeError('Variables in resources are not supported.')
  return ({ resource }) =>
    matchesWildcard(rest, nameOf(resource)) &&
    (region === '' || matchesWildcard(region.replace(/^oss-/, ''), resource.region)) &&
    (owner === '' || owner === '*' || owner === resource.owner)
}

/** `BUCKET/KEY` or `BUCKET`; nothing for the service. */
function nameOf({ bucket = '', key }: Resource): string {
  return key === undefined ? bucket : `${bucket}/${key}`
}

/** `*`, an owner, an access key id, or `arn:sts::OWNER:assumed-role/ROLE/SESSION` with wildcards. */
function requirePrincipal(text: string): string {
  const known =
    text === '*' || /^arn:sts::[^:]+:assumed-role\/[^/]+\/.+$/.test(text) || /^[^:*?]+$/.test(text)
  if (!known) throw new RangeError(`"${text}" is no principal.`)
  return text
}

function principalTest(principals: readonly string[]): (question: Question) => boolean {
  if (principals.includes('*')) return () => true
  return ({ names }) =>
    names.some((name) => principals.some((pattern) => matchesWildcard(pattern, name)))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, (name, value) => {
      // The one name that the reading of records drops without a word.
      if (name === '__proto__') throw new SyntaxError()
      return value
    })
  } catch {
    throw invalid('It is not JSON.')
  }
}

function invalid(why: string): OssError {
  return new OssError('InvalidPolicyDocument', { message: `Invalid Policy: ${why}` })
}
