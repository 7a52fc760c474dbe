/** One of `--workers N`: a server that its primary starts, watches and drains. */

import cluster from 'node:cluster'
import type { RunningServer, ServerOptions } from '@lading/server'
import type { ExitCode } from '../exit-codes.ts'
import { tellCredentials, tellFaultSeed } from './announce.ts'
import {
  isMessage,
  type PrimaryDrain,
  type PrimaryMeasure,
  type PrimaryReopen,
  type WorkerMeasured,
  type WorkerReady,
} from './messages.ts'
import { reloadCertificate } from './reload-certificate.ts'
import { runServer } from './run-server.ts'

export async function runAsWorker(options: ServerOptions, onReopen: () => void): Promise<ExitCode> {
  // A terminal sends its signals to the whole group; when to stop is the primary's to say.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})
  const stop = new AbortController()
  let reload = (): void => {}
  process.on('message', (message) => {
    if (isMessage<PrimaryDrain>('drain', message)) stop.abort()
    if (isMessage<PrimaryReopen>('reopen', message)) {
      onReopen()
      reload()
    }
  })
  const port = Number(process.env.LADING_WORKER_PORT ?? options.port)
  try {
    return await runServer({ ...options, port }, stop.signal, (server) => {
      // The first starts alone; what the others could say it has said already.
      if (server.madeCredentials || cluster.worker?.id === 1) tellCredentials(server)
      tellFaultSeed(server, options)
      reload = () => reloadCertificate(server)
      const { url, port } = server
      const ready: WorkerReady = { kind: 'ready', url, port }
      answerMeasures(server)
      process.send?.(ready)
    })
  } finally {
    // The channel to the primary would keep the process alive. Through `cluster`, because a bare
    // `process.disconnect()` in a worker ends it with 0 whatever the status.
    cluster.worker?.disconnect()
  }
}

function answerMeasures(server: RunningServer): void {
  process.on('message', (message) => {
    if (!isMessage<PrimaryMeasure>('measure', message)) return
    const { question } = message
    server.metrics().then(
      (snapshot) => {
        const measured: WorkerMeasured = { kind: 'measured', question, snapshot }
        if (process.connected) process.send?.(measured)
      },
      // The primary goes on without the numbers of a worker that has none to give.
      () => {},
    )
  })
}
