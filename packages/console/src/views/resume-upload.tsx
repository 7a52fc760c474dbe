/** Goes on with an unfinished upload by the file that it was begun with. */

import type { JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { explain } from '../failure.ts'
import { t } from '../i18n.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { requireSession } from '../session.ts'
import { whyOther } from '../transfers/prove-file.ts'
import { resumeByFile } from '../transfers/transfers.ts'
import type { Unfinished } from './upload-table.tsx'

export function ResumeUpload({
  bucket,
  upload: { key, uploadId },
}: {
  readonly bucket: string
  readonly upload: Unfinished
}): JSX.Element {
  const id = useId()
  const [refused, setRefused] = useState<string | undefined>(undefined)
  const take = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0]
    input.value = ''
    if (!file) return
    const target = { bucket, key, uploadId }
    try {
      const why = await whyOther(requireSession().client, target, file)
      if (why === undefined) resumeByFile(file, target)
      else setRefused(why)
    } catch (error) {
      setRefused(explain(error).words)
    }
  }
  return (
    <>
      <span class="file-button">
        <input id={id} type="file" onChange={(event) => void take(event.currentTarget)} />
        <label for={id}>
          <Icon name="play" />
          <span>
            {t('uploads.resume')} <span class="unseen">{key}</span>
          </span>
        </label>
      </span>
      {refused !== undefined && (
        <Dialog title={t('resume.refused')} onClose={() => setRefused(undefined)}>
          <p role="alert">{refused}</p>
          <p class="hint">{t('resume.wanted', { key })}</p>
        </Dialog>
      )}
    </>
  )
}
