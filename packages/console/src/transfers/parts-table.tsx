/** The parts in words, a page of them at a time. */

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { bytes, count } from '../format.ts'
import { t } from '../i18n.ts'
import { Pager } from '../parts/pager.tsx'
import type { PartStates } from './part-states.ts'

/** Rows of one page. */
const PAGE = 100

export function PartsTable({
  parts,
  size,
}: {
  readonly parts: PartStates
  readonly size: number
}): JSX.Element {
  const [page, setPage] = useState(0)
  void parts.round.value
  const first = page * PAGE + 1
  const last = Math.min(parts.count.value, first + PAGE - 1)
  const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return (
    <>
      <table class="list tight">
        <thead>
          <tr>
            <th scope="col">{t('column.part')}</th>
            <th scope="col">{t('column.state')}</th>
            <th scope="col" class="number">
              {t('column.size')}
            </th>
            <th scope="col" class="number">
              {t('column.tries')}
            </th>
            <th scope="col" class="wide-only">
              {t('fact.etag')}
            </th>
          </tr>
        </thead>
        <tbody>
          {numbers.map((number) => (
            <tr key={number}>
              <th scope="row">{count(number)}</th>
              <td>{t(`part.${parts.stateOf(number)}`)}</td>
              <td class="number">{bytes(parts.sizeOf(number, size))}</td>
              <td class="number">{count(parts.triesOf(number))}</td>
              <td class="wide-only">
                <code>{parts.etagOf(number)}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Pager
        page={page + 1}
        onBack={page > 0 ? () => setPage(page - 1) : undefined}
        onNext={last < parts.count.value ? () => setPage(page + 1) : undefined}
      />
    </>
  )
}
