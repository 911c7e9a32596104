import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { rxrnn, startRxrnn } from '../cli/run.ts'
import { OPENSSL, testWithPeer, UNSHARE } from '../peers.ts'
import { answer, handshake } from './raw.ts'
import { connect, refusal, type Served, serve, serveOn, SOON, temporary, V1 } from './server.ts'

const http = ({ at }: Served, path: string, init: RequestInit = {}) => fetch(at(path).replace('ws:', 'http:'), init)
const ready = async (served: Served) => {
  const response = await http(served, '/readyz')
  return [response.status, await response.text()]
}
const lines = ({ log }: Served) =>
  log()
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => ({ ...Object(JSON.parse(line)) }))

/** Files of a certificate for a name, made anew */
function certificate(folder: string, name: string): readonly [cert: string, key: string] {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const made = [`${cert}.new`, `${key}.new`] as const
  spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', made[1], '-out', made[0], '-days', '1', '-subj', `/CN=${name}`])
  renameSync(made[1], key)
  renameSync(made[0], cert)
  return [cert, key]
}

/** Whose certificate a server shows, by which cipher; an error's code where they do not agree on one */
async function handshakeOf(url: string, options: object = {}): Promise<readonly [subject: string, cipher: string] | string> {
  const { port, hostname } = new URL(url)
  const socket = connectTls({ port: Number(port), host: hostname, rejectUnauthorized: false, ...options })
  try {
    await once(socket, 'secureConnect')
    return [String(socket.getPeerCertificate().subject.CN), socket.getCipher().name]
  } catch (error) {
    return String(error)
  } finally {
    socket.destroy()
  }
}

/** The exit code of a command, and what it wrote on standard error; ended after the test */
async function end(child: ChildProcess): Promise<{ readonly code: unknown; readonly notes: string }> {
  onTestFinished(() => void child.kill('SIGKILL'))
  let notes = ''
  child.stderr!.on('data', (chunk: Buffer) => (notes += chunk.toString()))
  const [code]: unknown[] = await once(child, 'close')
  return { code, notes }
}

describe('a model on a running server', () => {
  test('is removed by an authorised request, and by the command', async () => {
    const token = join(temporary(), 'token')
    writeFileSync(token, 'correct-horse-battery')
    const models = temporary()
    const served = await serve('--models', models, '--token-file', token, '--checkpoint-every', '0.05')
    const bearer = { headers: { authorization: 'Bearer correct-horse-battery' } }
    const teach = async (name: string) => {
      const client = await connect(served.at(`/v1/learn/${name}`), [V1], bearer)
      client.text(0, 'hello')
      await client.of('ack', 5)
      return client
    }
    const remove = async (name: string, init: RequestInit = bearer) =>
      (await http(served, `/v1/models/${name}`, { method: 'DELETE', ...init })).status
    const one = await teach('one')
    expect(await remove('one', {})).toBe(401)
    expect([await remove('one'), await remove('none'), await remove('..%2f')]).toEqual([409, 404, 404])
    one.socket.close()
    await expect.poll(() => remove('one'), SOON).toBe(200)
    expect([await remove('one'), readdirSync(models)]).toEqual([404, []])
    const two = await teach('two')
    const { code, stderr } = await rxrnn(['remove', '--token-file', token, served.at('/v1/learn/two')])
    expect([code, stderr]).toEqual([1, expect.stringContaining('in use')])
    two.socket.close()
    await expect.poll(async () => (await rxrnn(['remove', '--token-file', token, served.at('/v1/learn/two')])).code, SOON).toBe(0)
    expect(readdirSync(models)).toEqual([])
    const anew = await connect(served.at('/v1/learn/two'), [V1], bearer)
    expect(await anew.of('hello')).toMatchObject({ offset: 0 })
  })

  test('is not removed by a page that made a name of its own point here', async () => {
    const served = await serve('--models', temporary(), '--checkpoint-every', '0.05')
    const client = await connect(served.at('/v1/learn/one'), [V1])
    client.text(0, 'hello')
    await client.of('ack', 5)
    const line = await answer(served.url, 'DELETE /v1/models/one HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')
    expect(line).toContain('403')
    for (const path of ['/metrics', '/v1/models']) {
      expect(await answer(served.url, `GET ${path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`)).toContain('403')
    }
  })
})

describe('a folder for models that cannot be made', () => {
  test('is an error that names the option, the path, the reason and the way out', async () => {
    const file = join(temporary(), 'file')
    writeFileSync(file, '')
    const folders = [
      [file, 'there is a file of that name'],
      [join(file, 'models'), 'a part of its path is a file, not a folder'],
      [join(temporary(), 'x'.repeat(300)), 'the name is too long'],
      // where the recursive mkdir of Node never ends
      ...(existsSync('/proc/self') ? [['/proc/models', 'its file system takes no new folders'] as const] : []),
    ] as const
    const ends = folders.map(([models]) => end(startRxrnn(['serve', '--port', '0', '--models', models])))
    expect(await Promise.all(ends)).toEqual(
      folders.map(([models, reason]) => ({
        code: 2,
        notes: `rxrnn: --models is ${models}, but this folder cannot be made: ${reason}; choose another one\n`,
      })),
    )
  })

  test.runIf(existsSync('/proc/self'))('is an error of a checkpoint, too', async () => {
    const watch = startRxrnn(['--checkpoint', '/proc/models'])
    watch.stdin!.end('hello\n')
    expect(await end(watch)).toEqual({ code: 1, notes: 'rxrnn: cannot save in /proc/models: its file system takes no new folders\n' })
  })
})

describe('after a moment of trouble', () => {
  testWithPeer(...UNSHARE, 'a volume that was read-only is used again, and /readyz knows', async () => {
    const volume = temporary()
    const mounted = `mount -t tmpfs none ${volume} && exec "$0" "$@"`
    const served = await serveOn(
      ['unshare', '--map-root-user', '--mount', 'sh', '-c', mounted],
      '--models',
      join(volume, 'models'),
      '--checkpoint-every',
      '0.05',
    )
    const remount = (mode: string) =>
      spawnSync('nsenter', ['--preserve-credentials', '-U', '-m', '-t', String(served.server.pid), 'mount', '-o', `remount,${mode}`, volume])
    const client = await connect(served.at('/v1/learn/shop'), [V1])
    client.text(0, 'hello')
    await client.of('ack', 5)
    expect(remount('ro').status).toBe(0)
    client.text(5, ' world')
    await expect.poll(() => ready(served), SOON).toEqual([503, '1 model cannot be saved\n'])
    client.socket.close()
    await expect.poll(() => ready(served), SOON).toEqual([503, 'the folder of the models cannot be written\n'])
    const unlucky = await connect(served.at('/v1/learn/shop'), [V1])
    expect(await unlucky.of('error')).toMatchObject({ code: 'unavailable' })
    remount('rw')
    const again = await connect(served.at('/v1/learn/shop'), [V1])
    expect(await again.of('hello')).toMatchObject({ offset: 5 })
    again.text(5, ' world')
    await again.of('ack', 11)
    expect(await ready(served)).toEqual([200, 'ready\n'])
    expect(lines(served)).toContainEqual(expect.objectContaining({ level: 50, event: 'unsaved', model: 'shop' }))
  })

  test.each(['models', 'models/shop'])('a model is used again after its volume was gone and there was a file in the place of %s', async (gone) => {
    const volume = temporary()
    const served = await serve('--models', join(volume, 'models'), '--checkpoint-every', '0.05')
    const path = join(volume, gone)
    const client = await connect(served.at('/v1/learn/shop'), [V1])
    client.text(0, 'hello')
    await client.of('ack', 5)
    renameSync(path, `${path}.away`)
    writeFileSync(path, '')
    client.text(5, ' world')
    await expect.poll(() => ready(served), SOON).toEqual([503, '1 model cannot be saved\n'])
    client.socket.close()
    await expect.poll(served.log, SOON).toContain('"unsaved"')
    const unlucky = await connect(served.at('/v1/learn/shop'), [V1])
    expect(await unlucky.of('error')).toMatchObject({ code: 'unavailable' })
    rmSync(path)
    renameSync(`${path}.away`, path)
    const again = await connect(served.at('/v1/learn/shop'), [V1])
    expect(await again.of('hello')).toMatchObject({ offset: 5 })
    again.text(5, ' world')
    await again.of('ack', 11)
    await expect.poll(() => ready(served), SOON).toEqual([200, 'ready\n'])
    expect(served.log()).not.toContain('in use')
  })

  test('a model in use is saved again when the file in the place of its folder is gone, or its folder was emptied', async () => {
    const models = temporary()
    const shop = join(models, 'shop')
    const served = await serve('--models', models, '--checkpoint-every', '0.05')
    const client = await connect(served.at('/v1/learn/shop'), [V1])
    client.text(0, 'hello')
    await client.of('ack', 5)
    rmSync(shop, { recursive: true })
    writeFileSync(shop, '')
    client.text(5, ' world')
    await expect.poll(() => ready(served), SOON).toEqual([503, '1 model cannot be saved\n'])
    rmSync(shop)
    await client.of('ack', 11)
    rmSync(shop, { recursive: true })
    mkdirSync(shop)
    client.text(11, '!')
    await client.of('ack', 12)
    await expect.poll(() => ready(served), SOON).toEqual([200, 'ready\n'])
  })

  test('a full disk at the end is an exit code of its own, and the log names the models that are not saved', async () => {
    // the largest file that the server may write is smaller than any checkpoint
    const served = await serveOn(['sh', '-c', 'ulimit -f 1; exec "$0" "$@"'], '--models', temporary(), '--checkpoint-every', '1000')
    for (const [name, text] of Object.entries({ shop: 'hello', bank: 'hello world' })) {
      const client = await connect(served.at(`/v1/learn/${name}`), [V1])
      client.text(0, text)
      await client.of('prediction', text.length)
    }
    const silent = await connect(served.at('/v1/learn/silent'), [V1])
    await silent.of('hello')
    served.server.kill('SIGTERM')
    expect(await once(served.server, 'exit')).toEqual([1, null])
    const reason = expect.stringContaining('the file is larger than this process may write')
    const unsaved = lines(served).filter(({ event }) => event === 'unsaved')
    expect(unsaved.sort((one, other) => String(one['model']).localeCompare(String(other['model'])))).toEqual([
      expect.objectContaining({ level: 50, model: 'bank', msg: 'not saved: 11 characters learned since the last checkpoint', reason }),
      expect.objectContaining({ level: 50, model: 'shop', msg: 'not saved: 5 characters learned since the last checkpoint', reason }),
    ])
  })

  test('a folder that was removed is made again, that of a model in use, too', async () => {
    const models = join(temporary(), 'models')
    const served = await serve('--models', models, '--checkpoint-every', '0.05')
    const client = await connect(served.at('/v1/learn/shop'), [V1])
    client.text(0, 'hello')
    await client.of('ack', 5)
    rmSync(models, { recursive: true })
    client.text(5, ' world')
    await client.of('ack', 11)
    expect(readdirSync(join(models, 'shop')).some((name) => name.endsWith('.safetensors'))).toBe(true)
    client.socket.close()
    await client.closed
    rmSync(models, { recursive: true })
    expect(await ready(served)).toEqual([200, 'ready\n'])
    expect(existsSync(models)).toBe(true)
  })
})

describe('the operator of rxrnn serve', () => {
  testWithPeer(...OPENSSL, 'replaces certificate and token while it runs, and what is no pair changes nothing', async () => {
    const folder = temporary()
    const [cert, key] = certificate(folder, 'first')
    const token = join(folder, 'token')
    writeFileSync(token, 'correct-horse-battery')
    const served = await serve('--tls-cert', cert, '--tls-key', key, '--token-file', token)
    const options = { rejectUnauthorized: false }
    expect(await handshakeOf(served.url)).toEqual(['first', 'TLS_AES_256_GCM_SHA384'])
    certificate(folder, 'second')
    writeFileSync(token, 'another-horse-battery')
    served.server.kill('SIGHUP')
    await expect.poll(served.log, SOON).toContain('"reloaded"')
    expect(await handshakeOf(served.url)).toEqual(['second', 'TLS_AES_256_GCM_SHA384'])
    expect(await refusal(served.url, { ...options, headers: { authorization: 'Bearer correct-horse-battery' } })).toBe(401)
    await connect(served.url, [], { ...options, headers: { authorization: 'Bearer another-horse-battery' } })
    writeFileSync(key, 'no key')
    served.server.kill('SIGHUP')
    await expect.poll(served.log, SOON).toContain('"reload-failed"')
    expect(await handshakeOf(served.url)).toEqual(['second', 'TLS_AES_256_GCM_SHA384'])
  })

  testWithPeer(...OPENSSL, 'speaks TLS 1.2 only with forward secrecy', async () => {
    const [cert, key] = certificate(temporary(), 'localhost')
    const { url } = await serve('--tls-cert', cert, '--tls-key', key)
    const old = { maxVersion: 'TLSv1.2' }
    expect(await handshakeOf(url, { ...old, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' })).toEqual(['localhost', 'ECDHE-RSA-AES128-GCM-SHA256'])
    for (const ciphers of ['AES128-GCM-SHA256', 'AES256-SHA256', 'ECDHE-RSA-AES128-SHA256'])
      expect(await handshakeOf(url, { ...old, ciphers })).toContain('Error')
    expect(await handshakeOf(url, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' })).toContain('Error')
  })

  test('reads lines with fields in the log, and few of what clients cause', async () => {
    const served = await serve('--models', temporary())
    for (let i = 0; i < 100; i++) await answer(served.url, handshake('/secret-path'))
    const wrong = await connect(served.at('/v1/learn/shop'), [V1])
    wrong.socket.send('the secret')
    await wrong.closed
    await expect.poll(served.log, SOON).toContain('"omitted"')
    expect(lines(served)).toContainEqual(expect.objectContaining({ event: 'refused', status: 404, address: '127.0.0.1' }))
    expect(served.log().split('\n').length).toBeLessThan(60)
    expect(served.log()).not.toContain('secret')
  })

  test('is not held up by a reader of the log that stalls', async () => {
    const served = await serve('--log-level', 'debug')
    served.server.stderr!.pause()
    // each connection is a line and more, so that no limit helps
    const client = await connect(served.url)
    for (let i = 0; i < 300; i++) await answer(served.url, handshake(`/${i}`))
    client.socket.send('hello')
    await client.of('prediction', 5)
    served.server.kill('SIGTERM')
    expect(await once(served.server, 'exit')).toEqual([143, null])
  })

  test('sees an echo of at most 200 characters of what was wrong', async () => {
    const { url } = await serve()
    const client = await connect(url, [V1])
    client.socket.send(JSON.stringify({ type: 'x'.repeat(10_000), text: 1 }))
    const { message } = await client.of('error')
    expect(String(message).length).toBeLessThanOrEqual(200)
  })

  test('is told in words that there are too few files', async () => {
    const limited = spawn(
      'sh',
      [
        '-c',
        'ulimit -n 100; exec "$0" "$@"',
        process.execPath,
        new URL('../../dist/command/main.js', import.meta.url).pathname,
        'serve',
        '--port',
        '0',
        '--workers',
        '16',
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    const { code, notes } = await end(limited)
    expect(code).toBe(1)
    expect(notes).toContain('too many files are open')
    expect(notes).not.toContain('    at ')
  })
})

describe('the unit for systemd', () => {
  testWithPeer('systemd-analyze', ['systemd-analyze', '--version'], 'gives the service few rights', async () => {
    const unit = fileURLToPath(new URL('../../examples/serve/rxrnn.service', import.meta.url))
    const { status, stdout } = spawnSync('systemd-analyze', ['security', '--offline=yes', '--threshold=25', unit], { encoding: 'utf8' })
    expect(status, stdout).toBe(0)
  })
})

describe('--private-events', () => {
  test('shows nobody what others wrote to a shared model, nor what it expects', async () => {
    const { at, url } = await serve('--models', temporary(), '--private-events', '--allow-sampling')
    const secret = await connect(at('/v1/learn/shop'))
    secret.socket.send('the key is swordfish\n'.repeat(100))
    await secret.event(({ type, offset }) => type === 'line' && offset === 2100)
    const curious = await connect(at('/v1/learn/shop?events=line,prediction,stats,trace'), [V1])
    curious.text(0, 'the key is s\n')
    await curious.of('line')
    curious.socket.send('{"type":"sample"}')
    expect(await curious.of('error')).toMatchObject({ code: 'sampling-off' })
    expect(curious.events.filter(({ type }) => type === 'prediction' || type === 'trace')).toEqual([])
    expect(await refusal(at('/v1/watch/shop'))).toBe(403)
    const own = await connect(`${url}?events=prediction`)
    own.socket.send('hello')
    await own.of('prediction', 5)
  })
})
