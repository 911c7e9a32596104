import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { OPENSSL, testWithPeer } from '../peers.ts'
import { rxrnn } from '../cli/run.ts'
import { connect, type Event, refusal, serve, SOON, sleep, temporary, V1 } from './server.ts'

const TOKEN = 'correct-horse-battery'

function tokenFile(token: string = TOKEN): string {
  const path = join(temporary(), 'token')
  writeFileSync(path, `${token}\n`)
  return path
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const asProtocol = (token: string) => `rxrnn.token.${Buffer.from(token).toString('base64url')}`

/** What the server answers to a request line as it is */
async function status(url: string, path: string): Promise<number> {
  const { port, hostname } = new URL(url)
  const socket = connectTcp(Number(port), hostname)
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    'latin1',
  )
  let answer = ''
  for await (const chunk of socket) {
    answer += String(chunk)
    if (answer.includes('\r\n')) break
  }
  socket.destroy()
  return Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1])
}

describe('who may connect to rxrnn serve', () => {
  test('it refuses to listen for other machines without a token or --insecure', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com']) {
      const { code, stderr } = await rxrnn(['serve', '--host', host, '--port', '0'])
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`--host is ${host}`) })
      expect(stderr).toContain('--token-file')
      expect(stderr).toContain('--insecure')
    }
    await serve('--host', '0.0.0.0', '--insecure')
    await serve('--host', '0.0.0.0', '--token-file', tokenFile())
    await serve('--host', '127.0.0.2')
  })

  test('who does not know the token is refused, in a handshake and at /metrics', async () => {
    const { url, at } = await serve('--token-file', tokenFile())
    const http = at('/').replace('ws:', 'http:')
    expect(await refusal(url)).toBe(401)
    expect(await refusal(url, bearer('correct-horse-batterx'))).toBe(401)
    expect(await refusal(url, bearer(''))).toBe(401)
    expect(await refusal(`${url}?token=${TOKEN}`)).toBe(401)
    expect(await refusal(url, { protocols: [V1, asProtocol('wrong-wrong-wrong-wrong')] })).toBe(401)
    expect((await fetch(`${http}metrics`)).status).toBe(401)
    expect((await fetch(`${http}metrics`, bearer(TOKEN))).status).toBe(200)
    expect((await fetch(`${http}healthz`)).status).toBe(200)
    await connect(url, [], bearer(TOKEN))
    const browser = await connect(url, [V1, asProtocol(TOKEN)])
    expect(browser.socket.protocol).toBe(V1)
  })

  test('a token that can be guessed is refused, and so is a missing file', async () => {
    const short = await rxrnn(['serve', '--token-file', tokenFile('123')])
    expect({ code: short.code, stderr: short.stderr }).toEqual({ code: 2, stderr: expect.stringContaining('16 at least') })
    expect((await rxrnn(['serve', '--token-file', join(temporary(), 'missing')])).code).toBe(2)
    expect((await rxrnn(['serve', '--tls-cert', 'cert.pem'])).stderr).toContain('--tls-key')
  })

  test('a web page connects only from a listed origin, matched exactly', async () => {
    const { url } = await serve('--origin', 'https://good.example')
    for (const origin of ['https://evil.example', 'https://good.example.evil.example', 'http://good.example', 'https://good.example:444', 'null']) {
      expect(await refusal(url, { headers: { origin } })).toBe(403)
    }
    await connect(url, [], { headers: { origin: 'https://good.example' } })
    await connect(url)
  })

  testWithPeer(...OPENSSL, 'with a certificate it speaks TLS', async () => {
    const folder = temporary()
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '1', '-subj', '/CN=localhost'])
    const { url } = await serve('--tls-cert', cert, '--tls-key', key)
    expect(url).toMatch(/^wss:/)
    const client = await connect(url, [], { rejectUnauthorized: false })
    client.socket.send('hello')
    await client.of('prediction', 5)
  })
})

describe('what a client can do to rxrnn serve', () => {
  test('a name leads nowhere but into the folder of the models', async () => {
    const models = join(temporary(), 'models')
    mkdirSync(models)
    const { url } = await serve('--models', models)
    const names = [
      '../outside',
      '..%2foutside',
      '%2e%2e%2foutside',
      '/etc/passwd',
      'UPPER',
      'a.b',
      'a%00b',
      'größe',
      '*',
      '>',
      '-dash',
      '_low',
      'a/b',
      '',
      'x'.repeat(65),
      'x'.repeat(7000),
      '__proto__',
      '.',
      '..',
    ]
    for (const name of names) expect([name, await status(url, `/v1/learn/${encodeURI(name)}`)]).toEqual([name, 404])
    for (const name of ['a\0b', 'größe', 'a b']) expect(await status(url, `/v1/learn/${name}`)).toBe(400)
    expect(await status(url, `/v1/learn/${'x'.repeat(10_000)}`)).toBe(431)
    expect([await status(url, '//'), await status(url, 'http://x/v1/learn'), await status(url, '/v1/learn/ok')]).toEqual([404, 404, 101])
    while (readdirSync(models).length === 0) await sleep(20)
    expect(readdirSync(models)).toEqual(['ok'])
    expect(readdirSync(join(models, '..'))).toEqual(['models'])
  })

  test('a producer with another name than that of a file is refused', async () => {
    const { at } = await serve('--models', temporary())
    const { closed } = await connect(at(`/v1/learn/shop?producer=${encodeURIComponent('../x')}`), [V1])
    expect(await closed).toEqual({ code: 1008, reason: expect.stringContaining('producer must be') })
  })

  test('nothing is compressed, whatever it offers', async () => {
    const { url } = await serve()
    const { socket } = await connect(url, [], { perMessageDeflate: true })
    expect(socket.extensions).toBe('')
  })

  test('a private learner reveals nothing that it was sent', async () => {
    const SECRET = 'my password is tr0ub4dor-and-3\n'
    const session = async (url: string): Promise<readonly Event[]> => {
      const client = await connect(`${url}?events=line,prediction`, [V1])
      const text = 'my password is \nmy password is '
      client.text(0, text)
      await client.of('prediction', text.length)
      client.socket.send('{"type":"sample","length":200,"prime":"my password is "}')
      await client.of('sample')
      return client.events.filter(({ type }) => type !== 'ack')
    }
    const quiet = await serve()
    const told = await serve('--models', temporary())
    for (const path of ['/v1/learn', '/v1/learn/shared']) {
      const other = await connect(told.at(path))
      other.socket.send(SECRET.repeat(100))
      await other.of('prediction', 100 * SECRET.length)
    }
    expect(await session(told.url)).toEqual(await session(quiet.url))
  })

  test('a shared model is not sampled unless that is allowed', async () => {
    const { at } = await serve('--models', temporary())
    const client = await connect(at('/v1/learn/shop'), [V1])
    client.socket.send('{"type":"sample"}')
    expect(await client.of('error')).toMatchObject({ code: 'sampling-off' })
  })

  test('the log holds no text and no token', async () => {
    const { at, log } = await serve('--models', temporary(), '--log-level', 'debug', '--token-file', tokenFile())
    const client = await connect(at('/v1/learn/shop'), [V1], bearer(TOKEN))
    client.text(0, 'the secret of the ooze\n')
    await client.of('line')
    client.socket.send('the secret of the ooze')
    await client.closed
    await sleep(100)
    expect(log()).not.toMatch(/secret|ooze|correct-horse/)
    for (const line of log().trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow()
  })
})

describe('what rxrnn serve finds in its folder', () => {
  test('a damaged model is refused, and the others continue', async () => {
    const models = temporary()
    mkdirSync(join(models, 'bad'))
    writeFileSync(join(models, 'bad', 'checkpoint-0000000000000001.safetensors'), 'not one')
    const { at, log } = await serve('--models', models)
    const bad = await connect(at('/v1/learn/bad'), [V1])
    expect(await bad.of('error')).toMatchObject({ code: 'unavailable', message: expect.stringContaining('the log of the server says why') })
    expect(JSON.stringify(bad.events)).not.toContain(models)
    await expect.poll(log, SOON).toContain('no checkpoint')
    expect((await bad.closed).code).toBe(1013)
    expect(log()).toContain('skips')
    const good = await connect(at('/v1/learn/good'))
    good.socket.send('hello')
    await good.of('prediction', 5)
  })

  test('a model that another server has is refused', async () => {
    const models = temporary()
    const [one, two] = [await serve('--models', models), await serve('--models', models)]
    const first = await connect(one.at('/v1/learn/shop'), [V1])
    await first.of('hello')
    const second = await connect(two.at('/v1/learn/shop'), [V1])
    const { code, message } = await second.of('error')
    expect([code, String(message)]).toEqual(['unavailable', expect.not.stringContaining(String(one.server.pid))])
    await expect.poll(two.log, SOON).toContain('in use by process')
  })
})
