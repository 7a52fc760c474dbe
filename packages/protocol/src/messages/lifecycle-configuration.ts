/** What happens to the objects and the unfinished uploads of a bucket as they grow old. */

import { MAX_LIFECYCLE_RULES } from '../limits.ts'
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
import {
  dateElement,
  dateOf,
  optionalCountOf,
  optionalFlagOf,
  refuseOtherChildren,
} from './fields.ts'
import { type Tag, tagElement, tagOf } from './tagging.ts'

/** From so many days after something was made, or everything made before a midnight of UTC. */
export type LifecycleTime =
  | { readonly days: number; readonly createdBeforeDate?: undefined }
  | { readonly days?: undefined; readonly createdBeforeDate: Date }

export type LifecycleExpiration =
  | (LifecycleTime & { readonly date?: undefined; readonly expiredObjectDeleteMarker?: undefined })
  /** Everything, from that midnight of UTC on. */
  | {
      readonly days?: undefined
      readonly createdBeforeDate?: undefined
      readonly date: Date
      readonly expiredObjectDeleteMarker?: undefined
    }
  /** Delete markers that hide no version any more. */
  | {
      readonly days?: undefined
      readonly createdBeforeDate?: undefined
      readonly date?: undefined
      readonly expiredObjectDeleteMarker: boolean
    }

/** What a transition says besides when and where to. */
export interface TransitionOptions {
  readonly storageClass: string
  /** Whether age counts from the last read. */
  readonly isAccessTime: boolean | undefined
  readonly returnToStdWhenVisit: boolean | undefined
  readonly allowSmallFile: boolean | undefined
}

export type LifecycleTransition = LifecycleTime & TransitionOptions

export interface NoncurrentTransition extends TransitionOptions {
  readonly noncurrentDays: number
}

/** What a rule leaves alone although its prefix and tags fit. */
export interface LifecycleFilter {
  readonly not: readonly { readonly prefix: string; readonly tag: Tag | undefined }[]
  /** Bytes, both exclusive. */
  readonly objectSizeGreaterThan: number | undefined
  readonly objectSizeLessThan: number | undefined
}

export interface LifecycleRule {
  readonly id: string | undefined
  /** The empty text fits every key. */
  readonly prefix: string
  readonly enabled: boolean
  /** All of which an object must have. */
  readonly tags: readonly Tag[]
  readonly filter: LifecycleFilter | undefined
  readonly expiration: LifecycleExpiration | undefined
  readonly abortMultipartUpload: LifecycleTime | undefined
  readonly transitions: readonly LifecycleTransition[]
  /** Days since a version stopped being the newest. */
  readonly noncurrentVersionExpirationDays: number | undefined
  readonly noncurrentVersionTransitions: readonly NoncurrentTransition[]
}

export interface LifecycleConfiguration {
  /** From 1 to 1,000, in the order given. */
  readonly rules: readonly LifecycleRule[]
}

export function encodeLifecycleConfiguration({ rules }: LifecycleConfiguration): string {
  return document(element('LifecycleConfiguration', rules.map(ruleElement)))
}

function ruleElement(rule: LifecycleRule): Xml {
  const { expiration, noncurrentVersionExpirationDays } = rule
  return element('Rule', [
    optionalElement('ID', rule.id),
    element('Prefix', rule.prefix),
    element('Status', rule.enabled ? 'Enabled' : 'Disabled'),
    ...rule.tags.map(tagElement),
    rule.filter && filterElement(rule.filter),
    expiration && element('Expiration', expirationElements(expiration)),
    rule.abortMultipartUpload &&
      element('AbortMultipartUpload', [timeElement(rule.abortMultipartUpload)]),
    ...rule.transitions.map((transition) =>
      element('Transition', [timeElement(transition), ...transitionElements(transition)]),
    ),
    noncurrentVersionExpirationDays === undefined
      ? undefined
      : element('NoncurrentVersionExpiration', [
          element('NoncurrentDays', noncurrentVersionExpirationDays),
        ]),
    ...rule.noncurrentVersionTransitions.map((transition) =>
      element('NoncurrentVersionTransition', [
        element('NoncurrentDays', transition.noncurrentDays),
        ...transitionElements(transition),
      ]),
    ),
  ])
}

function filterElement(filter: LifecycleFilter): Xml {
  return element('Filter', [
    ...filter.not.map(({ prefix, tag }) =>
      element('Not', [element('Prefix', prefix), tag && tagElement(tag)]),
    ),
    optionalElement('ObjectSizeGreaterThan', filter.objectSizeGreaterThan),
    optionalElement('ObjectSizeLessThan', filter.objectSizeLessThan),
  ])
}

function expirationElements(expiration: LifecycleExpiration): readonly Xml[] {
  if (expiration.date) return [dateElement('Date', expiration.date)]
  if (expiration.expiredObjectDeleteMarker !== undefined) {
    return [element('ExpiredObjectDeleteMarker', expiration.expiredObjectDeleteMarker)]
  }
  return [timeElement(expiration)]
}

function timeElement(time: LifecycleTime): Xml {
  return time.createdBeforeDate
    ? dateElement('CreatedBeforeDate', time.createdBeforeDate)
    : element('Days', time.days)
}

function transitionElements(options: TransitionOptions): readonly (Xml | undefined)[] {
  return [
    element('StorageClass', options.storageClass),
    optionalElement('IsAccessTime', options.isAccessTime),
    optionalElement('ReturnToStdWhenVisit', options.returnToStdWhenVisit),
    optionalElement('AllowSmallFile', options.allowSmallFile),
  ]
}

/**
 * Checks each rule by itself: every element known, one time for each action, at least one action.
 * Whether the rules go together is the server's to say.
 *
 * @throws {OssError} `MalformedXML`.
 */
export function decodeLifecycleConfiguration(xml: string): LifecycleConfiguration {
  const root = parseXml(xml, 'LifecycleConfiguration')
  refuseOtherChildren(root, ['Rule'])
  const rules = childrenOf(root, 'Rule')
  if (rules.length === 0) throw malformedXml('There is no Rule.')
  if (rules.length > MAX_LIFECYCLE_RULES) {
    throw malformedXml(`There are more than ${MAX_LIFECYCLE_RULES} rules.`)
  }
  return { rules: rules.map(ruleOf) }
}

function ruleOf(parent: XmlElement): LifecycleRule {
  refuseOtherChildren(parent, [
    'ID',
    'Prefix',
    'Status',
    'Tag',
    'Filter',
    'Expiration',
    'AbortMultipartUpload',
    'Transition',
    'NoncurrentVersionExpiration',
    'NoncurrentVersionTransition',
    // What the service adds to rules by the time of the last read; it says nothing to us.
    'AtimeBase',
  ])
  const filter = childOf(parent, 'Filter')
  const expiration = childOf(parent, 'Expiration')
  const abort = childOf(parent, 'AbortMultipartUpload')
  const noncurrent = childOf(parent, 'NoncurrentVersionExpiration')
  const rule: LifecycleRule = {
    id: optionalTextOf(parent, 'ID')?.trim() || undefined,
    prefix: optionalTextOf(parent, 'Prefix') ?? '',
    enabled: statusOf(parent) === 'Enabled',
    tags: childrenOf(parent, 'Tag').map(tagOf),
    filter: filter && filterOf(filter),
    expiration: expiration && expirationOf(expiration),
    abortMultipartUpload: abort && timeOf(abort, []),
    transitions: childrenOf(parent, 'Transition').map((transition) => ({
      ...timeOf(transition, TRANSITION_CHILDREN),
      ...transitionOptionsOf(transition),
    })),
    noncurrentVersionExpirationDays: noncurrent && noncurrentDaysOf(noncurrent, []),
    noncurrentVersionTransitions: childrenOf(parent, 'NoncurrentVersionTransition').map(
      (transition) => ({
        noncurrentDays: noncurrentDaysOf(transition, TRANSITION_CHILDREN),
        ...transitionOptionsOf(transition),
      }),
    ),
  }
  if (!hasAction(rule)) throw malformedXml('A Rule has no action.')
  return rule
}

function statusOf(rule: XmlElement): 'Enabled' | 'Disabled' {
  const status = textOf(rule, 'Status').trim()
  if (status === 'Enabled' || status === 'Disabled') return status
  throw malformedXml('Status is neither Enabled nor Disabled.')
}

function hasAction(rule: LifecycleRule): boolean {
  return (
    rule.expiration !== undefined ||
    rule.abortMultipartUpload !== undefined ||
    rule.transitions.length > 0 ||
    rule.noncurrentVersionExpirationDays !== undefined ||
    rule.noncurrentVersionTransitions.length > 0
  )
}

function filterOf(filter: XmlElement): LifecycleFilter {
  refuseOtherChildren(filter, ['Not', 'ObjectSizeGreaterThan', 'ObjectSizeLessThan'])
  return {
    not: childrenOf(filter, 'Not').map((not) => {
      refuseOtherChildren(not, ['Prefix', 'Tag'])
      const tag = childOf(not, 'Tag')
      return { prefix: optionalTextOf(not, 'Prefix') ?? '', tag: tag && tagOf(tag) }
    }),
    objectSizeGreaterThan: optionalCountOf(filter, 'ObjectSizeGreaterThan'),
    objectSizeLessThan: optionalCountOf(filter, 'ObjectSizeLessThan'),
  }
}

function expirationOf(expiration: XmlElement): LifecycleExpiration {
  const [only, ...others] = expiration.children
  if (only && others.length === 0) {
    if (only.name === 'Date') return { date: midnightOf(expiration, 'Date') }
    const marker = optionalFlagOf(expiration, 'ExpiredObjectDeleteMarker')
    if (marker !== undefined) return { expiredObjectDeleteMarker: marker }
  }
  return timeOf(expiration, [])
}

const TRANSITION_CHILDREN = [
  'StorageClass',
  'IsAccessTime',
  'ReturnToStdWhenVisit',
  'AllowSmallFile',
]

function timeOf(action: XmlElement, others: readonly string[]): LifecycleTime {
  refuseOtherChildren(action, ['Days', 'CreatedBeforeDate', ...others])
  const days = childOf(action, 'Days')
  const date = childOf(action, 'CreatedBeforeDate')
  if ((days === undefined) === (date === undefined)) {
    throw malformedXml(`${action.name} must have one of Days and CreatedBeforeDate.`)
  }
  return days
    ? { days: daysOf(action, 'Days') }
    : { createdBeforeDate: midnightOf(action, 'CreatedBeforeDate') }
}

function transitionOptionsOf(transition: XmlElement): TransitionOptions {
  return {
    storageClass: textOf(transition, 'StorageClass').trim(),
    isAccessTime: optionalFlagOf(transition, 'IsAccessTime'),
    returnToStdWhenVisit: optionalFlagOf(transition, 'ReturnToStdWhenVisit'),
    allowSmallFile: optionalFlagOf(transition, 'AllowSmallFile'),
  }
}

function noncurrentDaysOf(action: XmlElement, others: readonly string[]): number {
  refuseOtherChildren(action, ['NoncurrentDays', ...others])
  return daysOf(action, 'NoncurrentDays')
}

/** Up to 2^31 - 1, so that no date is taken from them that is beyond the calendar. */
function daysOf(action: XmlElement, name: string): number {
  const days = optionalCountOf(action, name)
  if (days === undefined || days < 1 || days > 2_147_483_647) {
    throw malformedXml(`${name} is not a positive number of days.`)
  }
  return days
}

function midnightOf(action: XmlElement, name: string): Date {
  const date = dateOf(action, name)
  if (date.getTime() % 86_400_000 !== 0) throw malformedXml(`${name} is not a midnight of UTC.`)
  return date
}
