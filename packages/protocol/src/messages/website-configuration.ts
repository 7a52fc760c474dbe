/** How a bucket is served as a website: its index, its error page, its redirects. */

import { MAX_ROUTING_RULES } from '../limits.ts'
import {
  childOf,
  childrenOf,
  document,
  element,
  malformedXml,
  optionalElement,
  optionalTextOf,
  parseXml,
  textOf,
  type Xml,
  type XmlElement,
} from '../xml.ts'
import { countOf, optionalCountOf, optionalFlagOf, refuseOtherChildren } from './fields.ts'

export interface IndexDocument {
  /** The key of the index within its directory, such as `index.html`. */
  readonly suffix: string
  /** Whether directories below the root have an index too. */
  readonly supportSubDir: boolean | undefined
  /**
   * What a directory asked for without its `/` is, when `supportSubDir` is on: 0 redirects to it,
   * 1 is `NoSuchKey`, 2 serves its index.
   */
  readonly type: number | undefined
}

export interface ErrorDocument {
  readonly key: string
  /** Status that it is sent under; 404 where none is given. */
  readonly httpStatus: number | undefined
}

/** All that is given must hold. */
export interface RoutingCondition {
  readonly keyPrefixEquals: string | undefined
  readonly keySuffixEquals: string | undefined
  readonly httpErrorCodeReturnedEquals: number | undefined
  readonly includeHeaders: readonly {
    readonly key: string
    readonly equals: string | undefined
    readonly startsWith: string | undefined
    readonly endsWith: string | undefined
  }[]
}

export interface RoutingRedirect {
  /** `External`, `AliCDN`, `Internal` or `Mirror`, whose own elements are not read. */
  readonly redirectType: string
  readonly passQueryString: boolean | undefined
  readonly protocol: string | undefined
  readonly hostName: string | undefined
  readonly replaceKeyWith: string | undefined
  readonly enableReplacePrefix: boolean | undefined
  readonly replaceKeyPrefixWith: string | undefined
  readonly httpRedirectCode: number | undefined
}

export interface RoutingRule {
  readonly ruleNumber: number
  readonly condition: RoutingCondition
  readonly redirect: RoutingRedirect
}

export interface WebsiteConfiguration {
  readonly indexDocument: IndexDocument | undefined
  readonly errorDocument: ErrorDocument | undefined
  readonly routingRules: readonly RoutingRule[]
}

export function encodeWebsiteConfiguration(configuration: WebsiteConfiguration): string {
  const { indexDocument, errorDocument, routingRules } = configuration
  return document(
    element('WebsiteConfiguration', [
      indexDocument &&
        element('IndexDocument', [
          element('Suffix', indexDocument.suffix),
          optionalElement('SupportSubDir', indexDocument.supportSubDir),
          optionalElement('Type', indexDocument.type),
        ]),
      errorDocument &&
        element('ErrorDocument', [
          element('Key', errorDocument.key),
          optionalElement('HttpStatus', errorDocument.httpStatus),
        ]),
      routingRules.length > 0
        ? element('RoutingRules', routingRules.map(routingRuleElement))
        : undefined,
    ]),
  )
}

function routingRuleElement({ ruleNumber, condition, redirect }: RoutingRule): Xml {
  return element('RoutingRule', [
    element('RuleNumber', ruleNumber),
    element('Condition', [
      optionalElement('KeyPrefixEquals', condition.keyPrefixEquals),
      optionalElement('KeySuffixEquals', condition.keySuffixEquals),
      optionalElement('HttpErrorCodeReturnedEquals', condition.httpErrorCodeReturnedEquals),
      ...condition.includeHeaders.map(({ key, equals, startsWith, endsWith }) =>
        element('IncludeHeader', [
          element('Key', key),
          optionalElement('Equals', equals),
          optionalElement('StartsWith', startsWith),
          optionalElement('EndsWith', endsWith),
        ]),
      ),
    ]),
    element('Redirect', [
      element('RedirectType', redirect.redirectType),
      optionalElement('PassQueryString', redirect.passQueryString),
      optionalElement('Protocol', redirect.protocol),
      optionalElement('HostName', redirect.hostName),
      optionalElement('ReplaceKeyWith', redirect.replaceKeyWith),
      optionalElement('EnableReplacePrefix', redirect.enableReplacePrefix),
      optionalElement('ReplaceKeyPrefixWith', redirect.replaceKeyPrefixWith),
      optionalElement('HttpRedirectCode', redirect.httpRedirectCode),
    ]),
  ])
}

/**
 * Rules come in the order of the document. A redirect of no type is `External`. Whether the values
 * can be is the server's to say.
 *
 * @throws {OssError} `MalformedXML`.
 */
export function decodeWebsiteConfiguration(xml: string): WebsiteConfiguration {
  const root = parseXml(xml, 'WebsiteConfiguration')
  refuseOtherChildren(root, ['IndexDocument', 'ErrorDocument', 'RoutingRules'])
  const index = childOf(root, 'IndexDocument')
  const error = childOf(root, 'ErrorDocument')
  const rules = childOf(root, 'RoutingRules')
  if (!index && !error && !rules?.children.length) throw malformedXml('There is nothing in it.')
  return {
    indexDocument: index && indexDocumentOf(index),
    errorDocument: error && errorDocumentOf(error),
    routingRules: rules ? routingRulesOf(rules) : [],
  }
}

function indexDocumentOf(index: XmlElement): IndexDocument {
  refuseOtherChildren(index, ['Suffix', 'SupportSubDir', 'Type'])
  return {
    suffix: textOf(index, 'Suffix'),
    supportSubDir: optionalFlagOf(index, 'SupportSubDir'),
    type: optionalCountOf(index, 'Type'),
  }
}

function errorDocumentOf(error: XmlElement): ErrorDocument {
  refuseOtherChildren(error, ['Key', 'HttpStatus'])
  return { key: textOf(error, 'Key'), httpStatus: optionalCountOf(error, 'HttpStatus') }
}

function routingRulesOf(rules: XmlElement): readonly RoutingRule[] {
  refuseOtherChildren(rules, ['RoutingRule'])
  if (rules.children.length > MAX_ROUTING_RULES) {
    throw malformedXml(`There are more than ${MAX_ROUTING_RULES} routing rules.`)
  }
  return childrenOf(rules, 'RoutingRule').map(routingRuleOf)
}

function routingRuleOf(rule: XmlElement): RoutingRule {
  refuseOtherChildren(rule, ['RuleNumber', 'Condition', 'Redirect'])
  const condition = childOf(rule, 'Condition')
  const redirect = childOf(rule, 'Redirect')
  if (!condition || !redirect) throw malformedXml('A RoutingRule has no Condition or no Redirect.')
  return {
    ruleNumber: countOf(rule, 'RuleNumber'),
    condition: conditionOf(condition),
    redirect: redirectOf(redirect),
  }
}

function conditionOf(condition: XmlElement): RoutingCondition {
  refuseOtherChildren(condition, [
    'KeyPrefixEquals',
    'KeySuffixEquals',
    'HttpErrorCodeReturnedEquals',
    'IncludeHeader',
  ])
  return {
    keyPrefixEquals: optionalTextOf(condition, 'KeyPrefixEquals') || undefined,
    keySuffixEquals: optionalTextOf(condition, 'KeySuffixEquals') || undefined,
    httpErrorCodeReturnedEquals: optionalCountOf(condition, 'HttpErrorCodeReturnedEquals'),
    includeHeaders: childrenOf(condition, 'IncludeHeader').map((header) => {
      refuseOtherChildren(header, ['Key', 'Equals', 'StartsWith', 'EndsWith'])
      return {
        key: textOf(header, 'Key').trim(),
        equals: optionalTextOf(header, 'Equals') || undefined,
        startsWith: optionalTextOf(header, 'StartsWith') || undefined,
        endsWith: optionalTextOf(header, 'EndsWith') || undefined,
      }
    }),
  }
}

function redirectOf(redirect: XmlElement): RoutingRedirect {
  const redirectType = optionalTextOf(redirect, 'RedirectType')?.trim() || 'External'
  // Back-to-origin has some thirty elements of its own; whoever refuses the type needs none of them.
  if (redirectType !== 'Mirror') {
    refuseOtherChildren(redirect, [
      'RedirectType',
      'PassQueryString',
      'Protocol',
      'HostName',
      'ReplaceKeyWith',
      'EnableReplacePrefix',
      'ReplaceKeyPrefixWith',
      'HttpRedirectCode',
    ])
  }
  return {
    redirectType,
    passQueryString: optionalFlagOf(redirect, 'PassQueryString'),
    protocol: optionalTextOf(redirect, 'Protocol')?.trim() || undefined,
    hostName: optionalTextOf(redirect, 'HostName')?.trim() || undefined,
    replaceKeyWith: optionalTextOf(redirect, 'ReplaceKeyWith') || undefined,
    enableReplacePrefix: optionalFlagOf(redirect, 'EnableReplacePrefix'),
    replaceKeyPrefixWith: optionalTextOf(redirect, 'ReplaceKeyPrefixWith'),
    httpRedirectCode: optionalCountOf(redirect, 'HttpRedirectCode'),
  }
}
