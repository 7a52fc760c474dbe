/** What kind of thing a file is, by its name. */

import { extname } from 'node:path'
import mime from 'mime'

/** `text/html` for `a/page.html`; `application/octet-stream` for a name that says nothing. */
export function contentTypeOf(name: string): string {
  // The extension alone: given a whole name, the library takes one without a dot for an extension.
  return mime.getType(extname(name)) ?? 'application/octet-stream'
}
