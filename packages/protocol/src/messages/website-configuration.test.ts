import fc from 'fast-check'
import { expect, test } from 'vitest'
import { xmlText } from '../fixtures/arbitraries.ts'
import { normalise } from '../fixtures/wire.ts'
import {
  decodeWebsiteConfiguration,
  encodeWebsiteConfiguration,
  type WebsiteConfiguration,
} from './website-configuration.ts'

const malformed = expect.objectContaining({ code: 'MalformedXML' })

/** After the sample of the PutBucketWebsite page of the OSS API reference. */
const sample = `<?xml version="1.0" encoding="UTF-8"?>
<WebsiteConfiguration>
  <IndexDocument><Suffix>index.html</Suffix><SupportSubDir>true</SupportSubDir><Type>0</Type></IndexDocument>
  <ErrorDocument><Key>error.html</Key><HttpStatus>404</HttpStatus></ErrorDocument>
  <RoutingRules>
    <RoutingRule>
      <RuleNumber>2</RuleNumber>
      <Condition>
        <KeyPrefixEquals>abc/</KeyPrefixEquals>
        <HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>
        <IncludeHeader><Key>host</Key><Equals>test.example</Equals></IncludeHeader>
      </Condition>
      <Redirect>
        <RedirectType>External</RedirectType>
        <PassQueryString>false</PassQueryString>
        <Protocol>http</Protocol>
        <HostName>example.com</HostName>
        <ReplaceKeyWith>prefix/\${key}.suffix</ReplaceKeyWith>
        <HttpRedirectCode>301</HttpRedirectCode>
      </Redirect>
    </RoutingRule>
  </RoutingRules>
</WebsiteConfiguration>`

test('the sample is read, and written the same', () => {
  const configuration = decodeWebsiteConfiguration(sample)
  expect(configuration.indexDocument).toEqual({
    suffix: 'index.html',
    supportSubDir: true,
    type: 0,
  })
  expect(configuration.routingRules[0]).toMatchObject({
    ruleNumber: 2,
    condition: { keyPrefixEquals: 'abc/', httpErrorCodeReturnedEquals: 404 },
    redirect: { hostName: 'example.com', httpRedirectCode: 301 },
  })
  expect(normalise(encodeWebsiteConfiguration(configuration))).toBe(normalise(sample))
})

test('a redirect of no type is external', () => {
  const xml = sample.replace(/<RedirectType>.*<\/RedirectType>/, '')
  expect(decodeWebsiteConfiguration(xml).routingRules[0]?.redirect.redirectType).toBe('External')
})

test('what is written can be read back', () => {
  const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(value, { nil: undefined })
  const someText = optional(xmlText.filter((text) => text !== ''))
  const word = optional(fc.stringMatching(/^[a-z]+$/))
  const configurations: fc.Arbitrary<WebsiteConfiguration> = fc.record({
    indexDocument: fc.record({
      suffix: xmlText,
      supportSubDir: optional(fc.boolean()),
      type: optional(fc.integer({ min: 0, max: 2 })),
    }),
    errorDocument: optional(
      fc.record({ key: xmlText, httpStatus: optional(fc.constantFrom(200, 404)) }),
    ),
    routingRules: fc.array(
      fc.record({
        ruleNumber: fc.integer({ min: 1, max: 20 }),
        condition: fc.record({
          keyPrefixEquals: someText,
          keySuffixEquals: someText,
          httpErrorCodeReturnedEquals: optional(fc.constant(404)),
          includeHeaders: fc.array(
            fc.record({
              key: fc.constant('host'),
              equals: someText,
              startsWith: someText,
              endsWith: someText,
            }),
            { maxLength: 1 },
          ),
        }),
        redirect: fc.record({
          redirectType: fc.constantFrom('External', 'AliCDN'),
          passQueryString: optional(fc.boolean()),
          protocol: word,
          hostName: word,
          replaceKeyWith: someText,
          enableReplacePrefix: optional(fc.boolean()),
          replaceKeyPrefixWith: optional(xmlText),
          httpRedirectCode: optional(fc.constantFrom(301, 302, 307)),
        }),
      }),
      { maxLength: 2 },
    ),
  })
  fc.assert(
    fc.property(configurations, (value) => {
      expect(decodeWebsiteConfiguration(encodeWebsiteConfiguration(value))).toEqual(value)
    }),
  )
})

test('of a rule that mirrors, only its type is read', () => {
  const xml = sample
    .replace('>External<', '>Mirror<')
    .replace('<Protocol>', '<MirrorURL>http://origin.example/</MirrorURL><Protocol>')
  expect(decodeWebsiteConfiguration(xml).routingRules[0]?.redirect.redirectType).toBe('Mirror')
})

test.each([
  ['nothing', ''],
  ['nothing in it', '<WebsiteConfiguration/>'],
  ['an index without a suffix', sample.replace(/<Suffix>.*<\/Suffix>/, '')],
  ['an error document without a key', sample.replace(/<Key>error.*<\/Key>/, '')],
  ['a rule without a number', sample.replace(/<RuleNumber>.*<\/RuleNumber>/, '')],
  ['a rule without a condition', sample.replace(/<Condition>[\s\S]*<\/Condition>/, '')],
  ['a condition nobody knows', sample.replace('<KeyPrefixEquals>', '<Moon/><KeyPrefixEquals>')],
  ['a mirror address in another redirect', sample.replace('<Protocol>', '<MirrorURL/><Protocol>')],
])('refuses %s', (_, xml) => {
  expect(() => decodeWebsiteConfiguration(xml)).toThrow(malformed)
})
