/** `@lading/server/testing`: a server of its own for one test. */

import { once } from 'node:events'
import { connect } from 'node:net'
import { parseFault, startTestServer } from '@lading/server/testing'
import { describe, expect, it } from 'vitest'
import { OssWire } from '../support/oss-wire.ts'

describe('startTestServer', () => {
  it('gives a server that answers under the key pair it tells, on a port of its own', async () => {
    const servers = await Promise.all([startTestServer(), startTestServer()])
    for (const { url, port, credentials } of servers) {
      expect(url).toBe(`http://127.0.0.1:${port}`)
      const wire = new OssWire({ port, credentials })
      expect((await wire.send('GET')).status).toBe(200)
      wire.close()
    }
    const [one, other] = servers
    expect(one.port).not.toBe(other.port)
    expect(one.credentials).not.toEqual(other.credentials)
    await Promise.all(servers.map((server) => server.close()))
  })

  it('has made the buckets that were asked for, for the first key pair', async () => {
    const credentials = { accessKeyId: 'mine', accessKeySecret: 'secret', owner: 'me' }
    const server = await startTestServer({
      buckets: ['first', 'second'],
      credentials: [credentials],
    })
    const wire = new OssWire(server)
    const { text } = await wire.send('GET')
    wire.close()
    await server.close()
    expect(text.match(/<Name>(.*?)<\/Name>/g)).toEqual([
      '<Name>first</Name>',
      '<Name>second</Name>',
    ])
    expect(text).toContain('<ID>me</ID>')
  })

  it('refuses a name that no bucket can have with a TypeError that says which setting', async () => {
    await expect(startTestServer({ buckets: ['Not-This'] })).rejects.toThrow(/buckets\.0/)
  })

  it('fails what it is told to fail, by the clock it is given', async () => {
    const now = (): Date => new Date('2030-05-06T07:08:09Z')
    const server = await startTestServer({
      buckets: ['bucket'],
      faults: [parseFault('PutObject,nth=1,fail=ServiceUnavailable')],
      now,
    })
    const wire = new OssWire(server)
    const put = { bucket: 'bucket', key: 'key', body: 'x', now: now() }
    const answers = [await wire.send('PUT', put), await wire.send('PUT', put)]
    wire.close()
    await server.close()
    expect(answers.map(({ status, code }) => [status, code])).toEqual([
      [503, 'ServiceUnavailable'],
      [200, undefined],
    ])
    expect(answers.map(({ headers }) => headers.date)).toEqual(
      Array(2).fill('Mon, 06 May 2030 07:08:09 GMT'),
    )
  })

  it('is closed when its scope is left, waits for nobody, and may be closed again', async () => {
    const server = await startTestServer()
    const idle = connect(server.port, '127.0.0.1')
    await once(idle, 'connect')
    const left = once(idle, 'close')
    await server[Symbol.asyncDispose]()
    await left
    await expect(once(connect(server.port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED')
    await server.close()
  })
})
