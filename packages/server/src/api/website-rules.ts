/** Whether a website can be served as it is configured. */

import { OssError, type RoutingRule, type WebsiteConfiguration } from '@lading/protocol'
import { invalidArgument } from './parameters.ts'

const redirectCodes = [301, 302, 307]

/**
 * Source: PutBucketWebsite, OSS API reference, and the Java SDK's live suite.
 *
 * @throws {OssError} `InvalidArgument`; `NotImplemented` for redirects that would need this service to
 *   fetch from elsewhere or to answer with another object.
 */
export function requireWebsite(configuration: WebsiteConfiguration): void {
  const { indexDocument, errorDocument, routingRules } = configuration
  if (indexDocument) {
    const { suffix, type = 0 } = indexDocument
    if (suffix === '' || suffix.includes('/')) throw invalidArgument('Suffix', suffix)
    if (type > 2) throw invalidArgument('Type', String(type))
  }
  if (errorDocument) {
    const { key, httpStatus = 404 } = errorDocument
    if (key === '' || key.startsWith('/')) throw invalidArgument('Key', key)
    if (httpStatus !== 404 && httpStatus !== 200) {
      throw invalidArgument('HttpStatus', String(httpStatus))
    }
  }
  const numbers = new Set<number>()
  for (const rule of routingRules) {
    const { ruleNumber } = rule
    if (ruleNumber < 1 || numbers.has(ruleNumber)) {
      throw invalidArgument('RuleNumber', String(ruleNumber))
    }
    numbers.add(ruleNumber)
    requireRoutingRule(rule)
  }
}

function requireRoutingRule({ condition, redirect }: RoutingRule): void {
  const { redirectType, hostName, protocol, httpRedirectCode = 302 } = redirect
  const wanted = condition.httpErrorCodeReturnedEquals
  if (redirectType === 'Mirror' && wanted !== 404) {
    throw invalidArgument('HttpErrorCodeReturnedEquals', String(wanted ?? ''))
  }
  if (redirectType === 'Mirror' || redirectType === 'Internal') {
    throw new OssError('NotImplemented', {
      message: `A redirect of the type ${redirectType} is not implemented.`,
      details: { RedirectType: redirectType },
    })
  }
  if (redirectType !== 'External' && redirectType !== 'AliCDN') {
    throw invalidArgument('RedirectType', redirectType)
  }
  if (wanted !== undefined && wanted !== 404) {
    throw invalidArgument('HttpErrorCodeReturnedEquals', String(wanted))
  }
  if (!redirectCodes.includes(httpRedirectCode)) {
    throw invalidArgument('HttpRedirectCode', String(httpRedirectCode))
  }
  if (protocol !== undefined && protocol !== 'http' && protocol !== 'https') {
    throw invalidArgument('Protocol', protocol)
  }
  if (hostName !== undefined && !/^[A-Za-z0-9.:_-]+$/.test(hostName)) {
    throw invalidArgument('HostName', hostName)
  }
  if (redirect.replaceKeyWith !== undefined && redirect.replaceKeyPrefixWith !== undefined) {
    throw invalidArgument('ReplaceKeyPrefixWith', redirect.replaceKeyPrefixWith)
  }
}
