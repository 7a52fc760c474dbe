/** What the page of the tests has: the client as a bundler takes it, for tests to drive by its own names. */

import * as browser from '@lading/client/browser'
import * as client from '@lading/client/upload'

export type Lading = typeof browser & typeof client

Object.assign(globalThis, { lading: { ...client, ...browser } })
