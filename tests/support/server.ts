/** Servers of the tests: as anybody starts them, but for the record that is kept of their logs. */

import * as lading from '@lading/server'
import { openRecord } from './suite-records.ts'

/** `startServer` of `@lading/server`. */
export async function startServer(
  options: lading.ServerOptions = {},
): Promise<lading.RunningServer> {
  const record = openRecord()
  for (const { accessKeySecret } of options.credentials ?? []) record.keepSecret(accessKeySecret)
  const server = await lading.startServer({
    ...options,
    log: {
      write(line) {
        record.write(line)
        options.log?.write(line)
      },
    },
  })
  record.keepSecret(server.credentials.accessKeySecret)
  return server
}
