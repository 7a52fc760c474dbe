import fc from 'fast-check'
import { expect, test } from 'vitest'
import { size, xmlText } from '../fixtures/arbitraries.ts'
import { normalise } from '../fixtures/wire.ts'
import {
  decodeLifecycleConfiguration,
  encodeLifecycleConfiguration,
  type LifecycleConfiguration,
  type LifecycleExpiration,
  type LifecycleRule,
  type LifecycleTime,
} from './lifecycle-configuration.ts'

const malformed = expect.objectContaining({ code: 'MalformedXML' })

/** Every element that the PutBucketLifecycle page of the OSS API reference has. */
const sample = `<?xml version="1.0" encoding="UTF-8"?>
<LifecycleConfiguration>
  <Rule>
    <ID>first</ID>
    <Prefix>logs/</Prefix>
    <Status>Enabled</Status>
    <Tag><Key>key1</Key><Value>value1</Value></Tag>
    <Tag><Key>key2</Key><Value></Value></Tag>
    <Filter>
      <Not><Prefix>logs/keep/</Prefix><Tag><Key>keep</Key><Value>yes</Value></Tag></Not>
      <ObjectSizeGreaterThan>500</ObjectSizeGreaterThan>
      <ObjectSizeLessThan>1000</ObjectSizeLessThan>
    </Filter>
    <Expiration><Days>365</Days></Expiration>
    <AbortMultipartUpload><Days>7</Days></AbortMultipartUpload>
    <Transition><Days>30</Days><StorageClass>IA</StorageClass><IsAccessTime>false</IsAccessTime></Transition>
    <Transition><Days>60</Days><StorageClass>Archive</StorageClass></Transition>
    <NoncurrentVersionExpiration><NoncurrentDays>90</NoncurrentDays></NoncurrentVersionExpiration>
    <NoncurrentVersionTransition><NoncurrentDays>10</NoncurrentDays><StorageClass>IA</StorageClass>
      <IsAccessTime>true</IsAccessTime><ReturnToStdWhenVisit>true</ReturnToStdWhenVisit>
      <AllowSmallFile>true</AllowSmallFile></NoncurrentVersionTransition>
  </Rule>
  <Rule>
    <Prefix></Prefix>
    <Status>Disabled</Status>
    <Expiration><CreatedBeforeDate>2015-11-11T00:00:00.000Z</CreatedBeforeDate></Expiration>
  </Rule>
  <Rule>
    <ID>third</ID>
    <Prefix>a</Prefix>
    <Status>Enabled</Status>
    <Expiration><Date>2022-10-12T00:00:00.000Z</Date></Expiration>
  </Rule>
  <Rule>
    <ID>fourth</ID>
    <Prefix>b</Prefix>
    <Status>Enabled</Status>
    <Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>
  </Rule>
</LifecycleConfiguration>`

test('the sample is read, and written the same', () => {
  const configuration = decodeLifecycleConfiguration(sample)
  expect(configuration.rules.map(({ id, enabled }) => [id, enabled])).toEqual([
    ['first', true],
    [undefined, false],
    ['third', true],
    ['fourth', true],
  ])
  expect(configuration.rules[0]).toMatchObject({
    tags: [
      { key: 'key1', value: 'value1' },
      { key: 'key2', value: '' },
    ],
    expiration: { days: 365 },
    abortMultipartUpload: { days: 7 },
    noncurrentVersionExpirationDays: 90,
  })
  expect(normalise(encodeLifecycleConfiguration(configuration))).toBe(normalise(sample))
})

test('what is written can be read back', () => {
  const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(value, { nil: undefined })
  const days = fc.integer({ min: 1, max: 100_000 })
  const midnight = fc.integer({ min: 0, max: 100_000 }).map((day) => new Date(day * 86_400_000))
  const tag = fc.record({ key: xmlText, value: xmlText })
  const time: fc.Arbitrary<LifecycleTime> = fc.oneof(
    fc.record({ days }),
    fc.record({ createdBeforeDate: midnight }),
  )
  const expiration: fc.Arbitrary<LifecycleExpiration> = fc.oneof(
    time,
    fc.record({ date: midnight }),
    fc.record({ expiredObjectDeleteMarker: fc.boolean() }),
  )
  const options = fc.record({
    storageClass: fc.constantFrom('IA', 'Archive'),
    isAccessTime: optional(fc.boolean()),
    returnToStdWhenVisit: optional(fc.boolean()),
    allowSmallFile: optional(fc.boolean()),
  })
  const rule: fc.Arbitrary<LifecycleRule> = fc.record({
    id: optional(fc.stringMatching(/^[A-Za-z0-9]+$/)),
    prefix: xmlText,
    enabled: fc.boolean(),
    tags: fc.array(tag, { maxLength: 2 }),
    filter: optional(
      fc.record({
        not: fc.array(fc.record({ prefix: xmlText, tag: optional(tag) }), { maxLength: 2 }),
        objectSizeGreaterThan: optional(size),
        objectSizeLessThan: optional(size),
      }),
    ),
    expiration,
    abortMultipartUpload: optional(time),
    transitions: fc.array(
      fc.tuple(time, options).map(([when, what]) => ({ ...when, ...what })),
      { maxLength: 2 },
    ),
    noncurrentVersionExpirationDays: optional(days),
    noncurrentVersionTransitions: fc.array(
      fc.tuple(days, options).map(([noncurrentDays, what]) => ({ noncurrentDays, ...what })),
      { maxLength: 2 },
    ),
  })
  const configurations: fc.Arbitrary<LifecycleConfiguration> = fc.record({
    rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
  })
  fc.assert(
    fc.property(configurations, (value) => {
      expect(decodeLifecycleConfiguration(encodeLifecycleConfiguration(value))).toEqual(value)
    }),
  )
})

const wrap = (inner: string): string =>
  `<LifecycleConfiguration><Rule>${inner}</Rule></LifecycleConfiguration>`
const enabled = '<Prefix>a</Prefix><Status>Enabled</Status>'
const expires = '<Expiration><Days>1</Days></Expiration>'

test('a prefix and an id may be left out', () => {
  expect(
    decodeLifecycleConfiguration(wrap(`<Status>Enabled</Status>${expires}`)).rules,
  ).toMatchObject([{ id: undefined, prefix: '' }])
})

test.each([
  ['nothing', ''],
  ['no rule', '<LifecycleConfiguration/>'],
  ['a rule without an action', wrap(enabled)],
  ['a rule without a status', wrap(`<Prefix>a</Prefix>${expires}`)],
  ['an unknown status', wrap(`<Status>Invalid</Status>${expires}`)],
  ['an empty status', wrap(`<Status/>${expires}`)],
  ['an expiration of no time', wrap(`${enabled}<Expiration/>`)],
  ['0 days', wrap(`${enabled}<Expiration><Days>0</Days></Expiration>`)],
  ['negative days', wrap(`${enabled}<Expiration><Days>-1</Days></Expiration>`)],
  ['days beyond the calendar', wrap(`${enabled}<Expiration><Days>9999999999</Days></Expiration>`)],
  [
    'days and a date in one action',
    wrap(
      `${enabled}<Expiration><Days>1</Days><CreatedBeforeDate>2015-11-11T00:00:00.000Z</CreatedBeforeDate></Expiration>`,
    ),
  ],
  [
    'days and markers in one action',
    wrap(
      `${enabled}<Expiration><Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>`,
    ),
  ],
  [
    'a date that is no midnight',
    wrap(
      `${enabled}<Expiration><CreatedBeforeDate>2015-11-11T08:00:00.000Z</CreatedBeforeDate></Expiration>`,
    ),
  ],
  ['a transition to nowhere', wrap(`${enabled}<Transition><Days>1</Days></Transition>`)],
  ['a filter that is not known', wrap(`${enabled}${expires}<Filter><And/></Filter>`)],
  ['an action that is not known', wrap(`${enabled}${expires}<Shred><Days>1</Days></Shred>`)],
  ['two expirations', wrap(`${enabled}${expires}${expires}`)],
])('refuses %s', (_, xml) => {
  expect(() => decodeLifecycleConfiguration(xml)).toThrow(malformed)
})

test('1,000 rules are read, one more is refused', () => {
  const rules = (count: number): string =>
    `<LifecycleConfiguration>${`<Rule>${enabled}${expires}</Rule>`.repeat(count)}</LifecycleConfiguration>`
  expect(decodeLifecycleConfiguration(rules(1000)).rules).toHaveLength(1000)
  expect(() => decodeLifecycleConfiguration(rules(1001))).toThrow(malformed)
})
