import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { callbackKey } from '../callback-key.ts'
import { type CallbackSenderOptions, makeCallbackSender } from './callback-sender.ts'

const key = callbackKey(undefined)

/** An application that answers as `answers` says, and counts who connects. */
async function application(answers: boolean): Promise<{ port: number; connections: () => number }> {
  let connections = 0
  const server = createServer((_, response) => {
    if (answers) response.end('{}')
  })
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

function send(url: string, options: Partial<CallbackSenderOptions>): Promise<Uint8Array> {
  const sender = makeCallbackSender({ hosts: [], key, keyUrl: () => 'http://a/', ...options })
  return sender({
    url: new URL(url),
    host: undefined,
    sni: false,
    contentType: 'application/json',
    body: '{}',
  })
}

describe('a name that leads inside', () => {
  const leadsTo = (address: string) => async (): Promise<string> => address

  test('is not called, although the name is allowed', async () => {
    const { port, connections } = await application(true)
    const call = send(`http://app.example:${port}/`, {
      hosts: [`app.example:${port}`],
      resolve: leadsTo('127.0.0.1'),
    })
    await expect(call).rejects.toMatchObject({
      code: 'CallbackFailed',
      message: 'Private address is forbidden to callback.',
    })
    expect(connections()).toBe(0)
  })

  test('is called where the address is allowed too, and looked up once', async () => {
    const { port } = await application(true)
    let lookups = 0
    const answer = await send(`http://app.example:${port}/`, {
      hosts: [`app.example:${port}`, `127.0.0.1:${port}`],
      resolve: async () => {
        lookups += 1
        return lookups === 1 ? '127.0.0.1' : '192.0.2.1'
      },
    })
    expect([new TextDecoder().decode(answer), lookups]).toEqual(['{}', 1])
  })

  test.each([
    '10.1.2.3',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.100.100.200',
    '0.0.0.0',
    '::1',
    '::ffff:10.0.0.1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::1',
    '2001:0:1::1',
    'fec0::1',
    'fd00::1',
    'fe80::1',
  ])('counts as inside: %s', async (address) => {
    const call = send('http://app.example/', { hosts: ['app.example'], resolve: leadsTo(address) })
    await expect(call).rejects.toThrow('Private address is forbidden to callback.')
  })
})

test('an application that does not answer in time is given up', async () => {
  const { port, connections } = await application(false)
  const call = send(`http://127.0.0.1:${port}/`, { hosts: [`127.0.0.1:${port}`], patienceMs: 50 })
  await expect(call).rejects.toThrow('Cost too long time.')
  expect(connections()).toBe(1)
})

test('an application that is not there is told of as such', async () => {
  const call = send('http://127.0.0.1:1/', { hosts: ['127.0.0.1:1'] })
  await expect(call).rejects.toThrow('Error status : -1.')
})
