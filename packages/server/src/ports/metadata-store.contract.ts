/** What every metadata driver does, as tests. A driver runs them by calling `describeMetadataStore`. */

import { describe } from 'vitest'
import { describeBuckets } from './metadata-buckets.contract.ts'
import { describeGarbage } from './metadata-garbage.contract.ts'
import { describeListings } from './metadata-listings.contract.ts'
import { describeObjects } from './metadata-objects.contract.ts'
import { describeRaces } from './metadata-races.contract.ts'
import type { OpenMetadata } from './metadata-samples.contract.ts'
import { describeSurvey } from './metadata-survey.contract.ts'
import { describeUploads } from './metadata-uploads.contract.ts'
import { describeVersions } from './metadata-versions.contract.ts'

export function describeMetadataStore(name: string, open: OpenMetadata): void {
  describe(`metadata store: ${name}`, () => {
    describe('buckets', () => describeBuckets(open))
    describe('uploads', () => describeUploads(open))
    describe('objects', () => describeObjects(open))
    describe('listings', () => describeListings(open))
    describe('versions', () => describeVersions(open))
    describe('garbage', () => describeGarbage(open))
    describe('survey', () => describeSurvey(open))
    describe('races', () => describeRaces(open))
  })
}
