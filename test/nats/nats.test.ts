import { connect as connectSocket } from 'node:net'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { Random } from 'rxrnn'
import type { KeyedText } from 'rxrnn/keyed'
import { keyOf, NatsWorker, TextPublisher, textSubject, type WorkerOptions } from 'rxrnn/nats'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { alone, digestOf, TINY } from '../keyed/parts.ts'
import { NATS_SERVER, testWithPeer } from '../peers.ts'
import { checkpointsOn, eventsOn } from './nats-state.ts'
import { NatsServer } from './nats-server.ts'

let server: NatsServer
let connection: NatsConnection
let publisher: TextPublisher
const notes: string[] = []
const running = new Set<{ worker: NatsWorker; ended: Promise<void> }>()

function start(options: Partial<WorkerOptions> = {}) {
  const worker = new NatsWorker({
    url: server.url,
    model: TINY,
    partitions: 4,
    resident: 2,
    lease: 0.6,
    checkpointEvery: 0.1,
    note: (text) => notes.push(`${worker.name} ${text}`),
    ...options,
  })
  const entry = { worker, ended: worker.run() }
  running.add(entry)
  return entry
}

async function stopAll(): Promise<void> {
  for (const { worker } of running) worker.stop()
  await Promise.all(Array.from(running, ({ ended }) => ended))
  running.clear()
}

function textsOf(keys: readonly string[], count: number): readonly KeyedText[] {
  const random = new Random(1)
  return Array.from({ length: count }, (_, i) => ({
    key: keys[random.next() % keys.length]!,
    text: `request ${random.next() % 100} took ${i % 7} ms\n`,
  }))
}

/** Waits until every text is covered by a checkpoint, and compares each key with a run alone */
async function expectAlone(texts: readonly KeyedText[]): Promise<void> {
  const jsm = await jetstreamManager(connection)
  await expect
    .poll(async () => (await checkpointsOn(connection)).covered, { timeout: 30_000 })
    .toBe((await jsm.streams.info('RXRNN_TEXT')).state.last_seq)
  const { load } = await checkpointsOn(connection)
  for (const [key, { digest, events }] of await alone(texts)) {
    expect({ key, digest: await digestOf(await load(key)) }).toEqual({ key, digest })
    expect(await eventsOn(connection, key)).toEqual(events)
  }
}

async function publish(texts: readonly KeyedText[]): Promise<void> {
  await Promise.all(texts.map(({ key, text }) => publisher.publish(key, text)))
}

/** Publishes on subjects that no client library would write: a line of the protocol may hold any bytes */
async function publishRaw(subjects: readonly Uint8Array[]): Promise<void> {
  const { hostname, port } = new URL(server.url)
  const socket = connectSocket(Number(port), hostname)
  socket.write('CONNECT {"verbose":false,"pedantic":false}\r\n')
  for (const subject of subjects) socket.write(Buffer.concat([Buffer.from('PUB rxrnn.text.'), subject, Buffer.from(' 1\r\nx\r\n')]))
  socket.write('PING\r\n')
  let answer = ''
  for await (const data of socket) {
    answer += String(data)
    if (answer.includes('PONG')) break
  }
}

const SOON = { timeout: 10_000 }
const KEYS = Array.from({ length: 10 }, (_, i) => `host-${i}`)
const withNats = (fact: string, run: () => Promise<void>) => testWithPeer(...NATS_SERVER, fact, run)

describe('workers on NATS', () => {
  beforeEach(async () => {
    server = await NatsServer.start()
    connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 })
    publisher = new TextPublisher(connection)
    notes.length = 0
  })

  afterEach(async () => {
    for (const { worker, ended } of running) {
      worker.stop()
      await ended.catch(() => {})
    }
    running.clear()
    await connection.close()
    await server.remove()
  })

  withNats(
    'share the partitions, survive a restart of the server, and take over: each key has the digest and the events of a run alone',
    async () => {
      const texts = textsOf(KEYS, 300)
      const first = start({ name: 'first' })
      await expect.poll(() => first.worker.partitions.length, SOON).toBe(4)
      await publish(texts.slice(0, 100))
      const second = start({ name: 'second' })
      await expect.poll(() => [first.worker.partitions.length, second.worker.partitions.length], SOON).toEqual([2, 2])
      await server.kill()
      await server.start()
      await publish(texts.slice(100, 200))
      first.worker.stop()
      await first.ended
      running.delete(first)
      await expect.poll(() => second.worker.partitions.length, SOON).toBe(4)
      await publish(texts.slice(200))
      await expectAlone(texts)
      await stopAll()
    },
  )

  withNats('take any key that fits into a subject, and skip what is none', async () => {
    const keys = ['a.b.c', '.', 'a b', '*', '>', 'a.>', '../x', '\0', 'größer 😀', '__proto__', '=YQ', 'x'.repeat(1024), 'é'.repeat(512)]
    const texts = textsOf(keys, 60)
    start()
    await expect.poll(() => notes.length, SOON).toBe(4)
    await publish(texts)
    const jsm = await jetstreamManager(connection)
    const before = (await jsm.streams.info('RXRNN_TEXT')).state.messages
    for (const words of ['=YQ', '=*', '=!!', 'größer', 'x'.repeat(1025)]) connection.publish(`rxrnn.text.${words}`, 'x')
    await connection.flush()
    await expect.poll(async () => (await jsm.streams.info('RXRNN_TEXT')).state.messages, SOON).toBeGreaterThan(before)
    await expectAlone(texts)
    expect(notes.some((note) => note.includes('messages without a key'))).toBe(true)
    await stopAll()
  })

  withNats('skip subjects that are not UTF-8, and give their text to no key', async () => {
    const texts = textsOf(['a', '\ufffd'], 20)
    start()
    await expect.poll(() => notes.length, SOON).toBe(4)
    await publishRaw([Uint8Array.of(0xff), Uint8Array.of(0xc3, 0x28), Uint8Array.of(0x61, 0xf0, 0x9f), Uint8Array.of(0x3d, 0xff)])
    await publish(texts)
    expect((await (await jetstreamManager(connection)).streams.info('RXRNN_TEXT')).state.messages).toBe(texts.length + 4)
    await expectAlone(texts)
    expect(notes.some((note) => note.includes('messages without a key'))).toBe(true)
    await stopAll()
  })

  withNats('learn a message that is long, or not UTF-8, or empty', async () => {
    const long = 'a long line 😀\n'.repeat(2000)
    const bytes = Uint8Array.of(0xff, 0xf0, 0x9f, 0x98, 10)
    start()
    await expect.poll(() => notes.length, SOON).toBe(4)
    const texts = [long, bytes, '', 'end\n'].map((text) => ({ key: 'a', text }))
    for (const { key, text } of texts) await publisher.publish(key, text)
    await expectAlone(texts)
    await stopAll()
  })

  withNats('end in words when they would divide the keys in other ways, or the stream was made anew', async () => {
    start()
    await expect.poll(() => notes.length, SOON).toBe(4)
    const other = start({ partitions: 8 })
    running.delete(other)
    await expect(other.ended).rejects.toThrow('give the same --partitions and --lease')
    await stopAll()
    await (await jetstreamManager(connection)).streams.delete('RXRNN_TEXT')
    const late = start()
    running.delete(late)
    await expect(late.ended).rejects.toThrow('the stream RXRNN_TEXT was made anew')
  })
})

describe('workers without a server', () => {
  test('say what is missing where no server answers', async () => {
    const worker = new NatsWorker({ url: 'nats://127.0.0.1:1' })
    await expect(worker.run()).rejects.toThrow('no NATS server answers at nats://127.0.0.1:1; start one with: nats-server -js')
  })

  test.each([
    ['partitions', 0, 'partitions is 0, but it must be a whole number from 1 to 4096'],
    ['lease', 0, 'lease is 0, but it must be a number from 0.1 to 3600'],
    ['resident', 1.5, 'resident is 1.5, but it must be a whole number from 1 to 1000000'],
  ])('refuse %s %d', (name, value, message) => {
    expect(() => new NatsWorker({ url: 'nats://127.0.0.1:1', [name]: value })).toThrow(message)
  })

  test('have a subject for each key, and no other key on it', () => {
    expect(textSubject('web-1.example')).toBe('rxrnn.text.web-1.example')
    expect(textSubject('a b')).toBe('rxrnn.text.=YSBi')
    for (const key of ['web-1.example', 'a b', '.', '*', '>', '\0', 'größer 😀', '=YSBi']) expect(keyOf(textSubject(key))).toBe(key)
    // not the one way to write it: a plain key, padding, no UTF-8, nothing
    for (const words of ['=YQ', '=YSBi=', '=_w', '=', '', 'a b', 'größer', 'a..b', '*']) expect(keyOf(`rxrnn.text.${words}`)).toBeUndefined()
    for (const key of ['', 'x'.repeat(1025), '\ud83d']) expect(() => textSubject(key)).toThrow('a key')
  })
})
