/** Which pages of other origins a browser may let at a bucket. */

import { OssError } from '../errors.ts'
import { MAX_CORS_RULES } from '../limits.ts'
import {
  childrenOf,
  document,
  element,
  malformedXml,
  optionalElement,
  optionalTextOf,
  parseXml,
  type Xml,
  type XmlElement,
} from '../xml.ts'
import { optionalFlagOf, refuseOtherChildren } from './fields.ts'

export interface CorsRule {
  /** At least one, each with at most one `*`. */
  readonly allowedOrigins: readonly string[]
  /** At least one of `GET`, `PUT`, `DELETE`, `POST`, `HEAD`. */
  readonly allowedMethods: readonly string[]
  /** In lower case, each with at most one `*`. */
  readonly allowedHeaders: readonly string[]
  readonly exposeHeaders: readonly string[]
  readonly maxAgeSeconds: number | undefined
}

export interface CorsConfiguration {
  /** From 1 to 10. */
  readonly rules: readonly CorsRule[]
  /** Whether every answer says `Vary: Origin`. */
  readonly responseVary: boolean
}

const methods = ['GET', 'PUT', 'DELETE', 'POST', 'HEAD']

/** Seconds. Source: PutBucketCors, OSS API reference. */
const MAX_AGE = 999_999_999

export function encodeCorsConfiguration({ rules, responseVary }: CorsConfiguration): string {
  return document(
    element('CORSConfiguration', [
      ...rules.map(ruleElement),
      element('ResponseVary', responseVary),
    ]),
  )
}

function ruleElement(rule: CorsRule): Xml {
  return element('CORSRule', [
    ...rule.allowedOrigins.map((origin) => element('AllowedOrigin', origin)),
    ...rule.allowedMethods.map((method) => element('AllowedMethod', method)),
    ...rule.allowedHeaders.map((header) => element('AllowedHeader', header)),
    ...rule.exposeHeaders.map((header) => element('ExposeHeader', header)),
    optionalElement('MaxAgeSeconds', rule.maxAgeSeconds),
  ])
}

/**
 * Allowed headers come out in lower case, as the service stores them. Source: the C and Python SDKs'
 * live suites; the rules, PutBucketCors of the OSS API reference.
 *
 * @throws {OssError} `MalformedXML`; `CORSRuleBeyondLimit`; `InvalidArgument` for values that cannot be.
 */
export function decodeCorsConfiguration(xml: string): CorsConfiguration {
  const root = parseXml(xml, 'CORSConfiguration')
  refuseOtherChildren(root, ['CORSRule', 'ResponseVary'])
  const rules = childrenOf(root, 'CORSRule')
  if (rules.length === 0) throw malformedXml('There is no CORSRule.')
  if (rules.length > MAX_CORS_RULES) throw new OssError('CORSRuleBeyondLimit')
  return {
    rules: rules.map(corsRuleOf),
    responseVary: optionalFlagOf(root, 'ResponseVary') ?? false,
  }
}

function corsRuleOf(rule: XmlElement): CorsRule {
  refuseOtherChildren(rule, [
    'AllowedOrigin',
    'AllowedMethod',
    'AllowedHeader',
    'ExposeHeader',
    'MaxAgeSeconds',
  ])
  const texts = (name: string): string[] => childrenOf(rule, name).map(({ text }) => text.trim())
  const allowedOrigins = texts('AllowedOrigin')
  const allowedMethods = texts('AllowedMethod')
  if (allowedOrigins.length === 0) throw malformedXml('A CORSRule has no AllowedOrigin.')
  if (allowedMethods.length === 0) throw malformedXml('A CORSRule has no AllowedMethod.')
  for (const method of allowedMethods) {
    if (!methods.includes(method)) throw invalid('AllowedMethod', method)
  }
  const allowedHeaders = texts('AllowedHeader').map((header) => header.toLowerCase())
  for (const origin of allowedOrigins) requireOneWildcard('AllowedOrigin', origin)
  for (const header of allowedHeaders) requireOneWildcard('AllowedHeader', header)
  const exposeHeaders = texts('ExposeHeader')
  for (const header of exposeHeaders) {
    if (header.includes('*') || !isHeaderName(header)) throw invalid('ExposeHeader', header)
  }
  return {
    allowedOrigins,
    allowedMethods,
    allowedHeaders,
    exposeHeaders,
    maxAgeSeconds: maxAgeOf(rule),
  }
}

function requireOneWildcard(name: string, text: string): void {
  const wildcards = text.split('*').length - 1
  if (text === '' || wildcards > 1 || !/^[\x21-\x7e]+$/.test(text)) throw invalid(name, text)
}

/** It is sent back in a header, and must not end the line or the list. */
function isHeaderName(text: string): boolean {
  return /^[!#$%&'+\-.^_`|~0-9A-Za-z]+$/.test(text)
}

function maxAgeOf(rule: XmlElement): number | undefined {
  const text = optionalTextOf(rule, 'MaxAgeSeconds')?.trim()
  if (!text) return undefined
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : -1
  if (value < 0 || value > MAX_AGE) throw invalid('MaxAgeSeconds', text)
  return value
}

function invalid(name: string, value: string): OssError {
  return new OssError('InvalidArgument', {
    details: { ArgumentName: name, ArgumentValue: value.slice(0, 200) },
  })
}
