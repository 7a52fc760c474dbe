/** The conditions of a statement: which keys there are, and how their values are compared. */

import { BlockList, isIP } from 'node:net'
import { matchesWildcard } from './wildcard.ts'

type Kind = 'text' | 'number' | 'date' | 'boolean' | 'address'

/** What a policy may ask about a request, by lower-case name, and of what kind it is. */
export const conditionKeys: Readonly<Record<string, Kind>> = {
  'acs:sourceip': 'address',
  'acs:securetransport': 'boolean',
  'acs:currenttime': 'date',
  'acs:useragent': 'text',
  'acs:accessid': 'text',
  'oss:prefix': 'text',
  'oss:delimiter': 'text',
  'oss:maxkeys': 'number',
  'oss:x-oss-acl': 'text',
  'oss:x-oss-object-acl': 'text',
  'oss:x-oss-storage-class': 'text',
  'oss:x-oss-server-side-encryption': 'text',
}

/** Whether a fact fits one of the values of a condition. */
type Test = (fact: string) => boolean

interface Operator {
  readonly kind: Kind
  /** Holds where the test does not; also where there is nothing to test. */
  readonly negated: boolean
  /** `undefined` when that is no value for it. */
  readonly read: (value: string) => Test | undefined
}

const operators: Readonly<Record<string, Operator>> = {
  ...bothWays('text', 'StringEquals', 'StringNotEquals', (value) => (fact) => fact === value),
  ...bothWays('text', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', (value) => {
    const lower = value.toLowerCase()
    return (fact) => fact.toLowerCase() === lower
  }),
  ...bothWays(
    'text',
    'StringLike',
    'StringNotLike',
    (value) => (fact) => matchesWildcard(value, fact),
  ),
  ...bothWays('address', 'IpAddress', 'NotIpAddress', addressTest),
  ...comparisons('number', 'Numeric', readNumber),
  ...comparisons('date', 'Date', readDate),
  Bool: {
    kind: 'boolean',
    negated: false,
    read(value) {
      const wanted = value.toLowerCase()
      return wanted === 'true' || wanted === 'false' ? (fact) => fact === wanted : undefined
    },
  },
}

/** Whether the facts of a request meet the condition. */
export type Condition = (facts: ReadonlyMap<string, string>) => boolean

/**
 * The condition that `key` fits one of `values`, or none of them where the operator says `Not`.
 *
 * @throws {RangeError} saying what of it is not understood.
 */
export function readCondition(operator: string, key: string, values: readonly string[]): Condition {
  const found = Object.hasOwn(operators, operator) ? operators[operator] : undefined
  if (!found) throw new RangeError(`The condition operator ${operator} is not supported.`)
  const name = key.toLowerCase()
  const kind = Object.hasOwn(conditionKeys, name) ? conditionKeys[name] : undefined
  if (!kind) throw new RangeError(`The condition key ${key} is not supported.`)
  if (kind !== found.kind) {
    throw new RangeError(`The condition operator ${operator} does not fit the key ${key}.`)
  }
  const tests = values.map((value) => {
    const test = found.read(value)
    if (!test) throw new RangeError(`"${value}" is no value for ${operator}.`)
    return test
  })
  return (facts) => {
    const fact = facts.get(name)
    const fits = fact !== undefined && tests.some((test) => test(fact))
    return fits !== found.negated
  }
}

function bothWays(
  kind: Kind,
  name: string,
  opposite: string,
  read: Operator['read'],
): Record<string, Operator> {
  return { [name]: { kind, negated: false, read }, [opposite]: { kind, negated: true, read } }
}

/** `FamilyEquals`, `FamilyLessThan` and so on, of values that have an order. */
function comparisons(
  kind: Kind,
  family: string,
  parse: (text: string) => number | undefined,
): Record<string, Operator> {
  const compare =
    (holds: (fact: number, value: number) => boolean): Operator['read'] =>
    (text) => {
      const value = parse(text)
      if (value === undefined) return undefined
      return (fact) => {
        const found = parse(fact)
        return found !== undefined && holds(found, value)
      }
    }
  const one = (name: string, read: Operator['read']): Record<string, Operator> => ({
    [`${family}${name}`]: { kind, negated: false, read },
  })
  return {
    ...bothWays(
      kind,
      `${family}Equals`,
      `${family}NotEquals`,
      compare((fact, value) => fact === value),
    ),
    ...one(
      'LessThan',
      compare((fact, value) => fact < value),
    ),
    ...one(
      'LessThanEquals',
      compare((fact, value) => fact <= value),
    ),
    ...one(
      'GreaterThan',
      compare((fact, value) => fact > value),
    ),
    ...one(
      'GreaterThanEquals',
      compare((fact, value) => fact >= value),
    ),
  }
}

function readNumber(text: string): number | undefined {
  return /^-?[0-9]{1,15}(\.[0-9]{1,15})?$/.test(text) ? Number(text) : undefined
}

/** Milliseconds since 1970, of `2026-11-22T10:11:12Z` or with an offset such as `+08:00`. */
function readDate(text: string): number | undefined {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/
  const time = form.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/** One address, or all of a network such as `10.0.0.0/8`. */
function addressTest(value: string): Test | undefined {
  const [address = '', bits, ...rest] = value.split('/')
  const family = familyOf(address)
  if (!family || rest.length > 0) return undefined
  const longest = family === 'ipv4' ? 32 : 128
  const length = bits === undefined ? longest : /^[0-9]{1,3}$/.test(bits) ? Number(bits) : -1
  if (length < 0 || length > longest) return undefined
  const network = new BlockList()
  network.addSubnet(address, length, family)
  return (fact) => {
    const found = familyOf(fact)
    return found !== undefined && network.check(fact, found)
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address)
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6'
}
