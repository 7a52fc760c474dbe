/** Query parameters out of inputs. */

import type { QueryEntry } from '@lading/protocol'

/** The entries whose value is given; `''` is left out too, as OSS takes it for absent. */
export function queryOf(
  parameters: Readonly<Record<string, string | number | undefined>>,
): QueryEntry[] {
  const entries: QueryEntry[] = []
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') entries.push([name, String(value)])
  }
  return entries
}
