/** Lists of any length, page by page. */

import { TransportError } from '../errors.ts'

/**
 * Yields pages until one is the last. `next` says where the following page starts, `undefined` when
 * there is none.
 *
 * @throws {TransportError} when the service sends us round in a circle.
 */
export async function* pages<Page, Position>(
  get: (position: Position | undefined) => Promise<Page>,
  next: (page: Page) => Position | undefined,
): AsyncGenerator<Page, void, void> {
  let position: Position | undefined
  for (;;) {
    const page = await get(position)
    yield page
    const following = next(page)
    if (following === undefined) return
    if (JSON.stringify(following) === JSON.stringify(position)) {
      throw new TransportError(
        'The service sent the same page of a list twice. Begin the list anew, or check what is on the way to the service.',
      )
    }
    position = following
  }
}
