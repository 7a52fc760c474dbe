/** The policy of a form: until when, and for which fields, its signer lets it be sent. */

import { fromBase64, OssError, parseTimestamp } from '@lading/protocol'

export interface PostPolicy {
  readonly expiresAt: Date
  readonly conditions: readonly PostCondition[]
  /** Bytes that the file may have, both included. */
  readonly sizes: readonly { readonly min: number; readonly max: number }[]
}

interface PostCondition {
  readonly operator: 'eq' | 'starts-with' | 'in' | 'not-in'
  /** Of the field, in lower case. */
  readonly field: string
  readonly values: readonly string[]
  /** As the policy has it, for whoever must find out what is wrong. */
  readonly text: string
}

/**
 * Reads a policy as the form has it, JSON in Base64. A condition that is not understood could have
 * forbidden something, so that it is refused.
 *
 * @throws {OssError} `InvalidPolicyDocument`.
 */
export function parsePostPolicy(base64: string): PostPolicy {
  const document = readJson(base64)
  const expiration = document.expiration
  const expiresAt = typeof expiration === 'string' ? parseTimestamp(expiration) : undefined
  if (!expiresAt) throw invalid('Invalid Policy: Invalid expiration.')
  if (!Array.isArray(document.conditions)) throw invalid('Invalid Policy: Invalid conditions.')
  const conditions: PostCondition[] = []
  const sizes: { min: number; max: number }[] = []
  for (const condition of document.conditions as readonly unknown[]) {
    if (Array.isArray(condition) && lower(condition[0]) === 'content-length-range') {
      sizes.push(readSizes(condition))
    } else conditions.push(...readCondition(condition))
  }
  return { expiresAt, conditions, sizes }
}

/**
 * `fieldValue` gives the value of a field by its lower-case name; a field that is not there is empty.
 *
 * @throws {OssError} `AccessDenied` when the policy has expired, or a condition does not hold.
 */
export function requirePostPolicy(
  { expiresAt, conditions }: PostPolicy,
  fieldValue: (field: string) => string | undefined,
  now: Date,
): void {
  if (expiresAt <= now) throw denied('Policy expired.')
  for (const condition of conditions) {
    if (holds(condition, fieldValue(condition.field) ?? '')) continue
    throw denied(`Policy Condition failed: ${condition.text.slice(0, 500)}`)
  }
}

function holds({ operator, values }: PostCondition, value: string): boolean {
  switch (operator) {
    case 'eq':
    case 'in':
      return values.includes(value)
    case 'not-in':
      return !values.includes(value)
    case 'starts-with':
      return values.some((prefix) => value.startsWith(prefix))
  }
}

/** One that is an object has a condition of equality for each of its members. */
function readCondition(condition: unknown): PostCondition[] {
  const text = JSON.stringify(condition)
  if (!Array.isArray(condition)) {
    if (typeof condition !== 'object' || condition === null) throw unknown(text)
    return Object.entries(condition).map(([name, value]) => {
      if (typeof value !== 'string') throw unknown(text)
      return { operator: 'eq', field: name.toLowerCase(), values: [value], text }
    })
  }
  const [operator, field, value, ...rest] = condition as unknown[]
  if (typeof field !== 'string' || !field.startsWith('$') || rest.length > 0) throw unknown(text)
  const common = { field: field.slice(1).toLowerCase(), text }
  const name = lower(operator)
  switch (name) {
    case 'eq':
    case 'starts-with':
      if (typeof value !== 'string') throw unknown(text)
      return [{ ...common, operator: name, values: [value] }]
    case 'in':
    case 'not-in':
      if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) {
        throw unknown(text)
      }
      return [{ ...common, operator: name, values: value as string[] }]
    default:
      throw unknown(text)
  }
}

function readSizes(condition: readonly unknown[]): { min: number; max: number } {
  const [, min, max, ...rest] = condition.map((value) =>
    typeof value === 'string' && /^[0-9]{1,16}$/.test(value) ? Number(value) : value,
  )
  const valid = [min, max].every((value) => Number.isSafeInteger(value) && Number(value) >= 0)
  if (!valid || Number(min) > Number(max) || rest.length > 0) {
    throw unknown(JSON.stringify(condition))
  }
  return { min: Number(min), max: Number(max) }
}

function readJson(base64: string): Record<string, unknown> {
  const bytes = fromBase64(base64)
  if (!bytes) throw invalid('Invalid Policy: It is not base64 encoded.')
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw invalid('Invalid Policy: Invalid JSON.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('Invalid Policy: Invalid JSON.')
  }
  return { ...value }
}

function lower(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : ''
}

function unknown(condition: string): OssError {
  return invalid(`Invalid Policy: Invalid condition: ${condition.slice(0, 500)}`)
}

function invalid(message: string): OssError {
  return new OssError('InvalidPolicyDocument', { message })
}

function denied(reason: string): OssError {
  return new OssError('AccessDenied', { message: `Invalid according to Policy: ${reason}` })
}
