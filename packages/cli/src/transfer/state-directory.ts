/** Where checkpoints are kept unless `--checkpoint-dir` says otherwise. */

import { homedir } from 'node:os'
import { join } from 'node:path'

/** One place for every working directory, so that an upload resumes from wherever it is repeated. */
export function checkpointDirectory(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const state =
    environment.XDG_STATE_HOME ||
    (process.platform === 'win32' && environment.LOCALAPPDATA) ||
    join(homedir(), '.local', 'state')
  return join(state, 'lading', 'checkpoints')
}
