import { once } from 'node:events'
import { join } from 'node:path'
import { RemoteLearner, type RemoteLearnerOptions } from 'rxrnn/websocket'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { digestAfter, digestOf, type Event, serve, sleep, temporary } from '../../server/server.ts'

const LINES = Array.from({ length: 400 }, (_, i) => `${i} the größer 😀 line ${i % 7}\n`)
const QUICK = { WebSocket, backoff: { first: 20, most: 100 } }

const opened: (() => void)[] = []
afterEach(() => {
  for (const close of opened.splice(0)) close()
})

function learner(url: string, options: RemoteLearnerOptions = {}) {
  const remote = new RemoteLearner(url, { ...QUICK, ...options })
  opened.push(() => remote.close())
  const events: Event[] = []
  const done = new Promise<Event[]>((resolve, reject) => {
    remote.events$.subscribe({ next: (event) => events.push({ ...Object(event) }), error: reject, complete: () => resolve(events) })
  })
  // errors are looked at where they are expected
  done.catch(() => {})
  return { remote, events, done }
}

/** A server that does what the test says with each connection */
async function bare(react: (socket: WebSocket, count: number) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, handleProtocols: () => 'rxrnn.v1' })
  opened.push(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  let count = 0
  server.on('connection', (socket) => react(socket, ++count))
  await once(server, 'listening')
  const address = server.address()
  return `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : ''}/`
}

const hello = (offset: number, durable = true) => JSON.stringify({ v: 1, type: 'hello', protocol: 'rxrnn.v1', offset, durable })

/** The sockets of learners whose connections a test cuts */
const cut: WebSocket[] = []
class CutWebSocket extends WebSocket {
  constructor(url: string, protocols?: string[]) {
    super(url, protocols)
    cut.push(this)
  }
}
const dropAll = () => {
  for (const socket of cut.splice(0)) socket.terminate()
}

/** Sends a text as another producer, and waits until it is safe */
async function append(url: string, text: string): Promise<void> {
  const { remote, done } = learner(url)
  remote.next(text)
  remote.complete()
  await done
}

describe('RemoteLearner', () => {
  test('sends a text, emits the events and completes when all of it is safe', async () => {
    const { at } = await serve('--models', temporary(), '--checkpoint-every', '0.1')
    const { remote, done } = learner(at('/v1/learn/shop'))
    for (const line of LINES) remote.next(Buffer.from(line))
    remote.complete()
    const lines = (await done).filter(({ type }) => type === 'line')
    expect(lines.map(({ text }) => `${String(text)}\n`)).toEqual(LINES)
    expect(remote.held).toBe(0)
  })

  test('resumes after each kill -9 of the server, and every character is learned once', async () => {
    const models = temporary()
    const args = ['--models', models, '--checkpoint-every', '0.05']
    let served = await serve(...args)
    const { port } = new URL(served.url)
    const lost: string[] = []
    const { remote, events, done } = learner(served.at('/v1/learn/shop'), { lost: (reason) => lost.push(reason) })
    while (events.length === 0) await sleep(10)
    const feed = async () => {
      for (const line of LINES) {
        remote.next(line)
        await sleep(5)
      }
      remote.complete()
    }
    const fed = feed()
    for (let kill = 0; kill < 3; kill++) {
      await sleep(300)
      served.server.kill('SIGKILL')
      await once(served.server, 'exit')
      served = await serve(...args, '--port', port)
    }
    await fed
    await done
    expect(lost.length).toBeGreaterThanOrEqual(3)
    expect(digestOf(join(models, 'shop'))).toBe(await digestAfter(LINES.join('')))
  })

  test('sends a text again from its beginning, and the server has it once', async () => {
    const { at } = await serve('--models', temporary(), '--checkpoint-every', '0.05')
    const offsets: unknown[] = []
    for (const count of [100, 250]) {
      const { remote, done } = learner(at('/v1/learn/shop'), { from: 'beginning' })
      for (const line of LINES.slice(0, count)) remote.next(line)
      remote.complete()
      for (const { type, offset } of await done) if (type === 'line') offsets.push(offset)
    }
    expect(offsets.length).toBe(250)
    expect(new Set(offsets).size).toBe(250)
  })

  test('appends what another one begins', async () => {
    const { at } = await serve('--models', temporary(), '--checkpoint-every', '0.05')
    const texts: unknown[] = []
    for (const text of ['one\n', 'two\n']) {
      const { remote, done } = learner(at('/v1/learn/shop'))
      remote.next(text)
      remote.complete()
      for (const { type, text, offset } of await done) if (type === 'line') texts.push([text, offset])
    }
    expect(texts).toEqual([
      ['one', 4],
      ['two', 8],
    ])
  })

  test('starts a private learner again with what is not acknowledged', async () => {
    const received: unknown[] = []
    const url = await bare((socket, count) => {
      socket.send(hello(0, false))
      socket.on('message', (data: Buffer) => {
        received.push(JSON.parse(data.toString()))
        if (count === 1) {
          socket.send('{"type":"ack","offset":2}')
          socket.close(1011)
        } else socket.send('{"type":"ack","offset":5}')
      })
    })
    const { remote, done } = learner(url)
    remote.next('hello')
    remote.complete()
    await done
    expect(received).toEqual([
      { type: 'text', offset: 0, text: 'hello' },
      { type: 'text', offset: 2, text: 'llo' },
    ])
  })

  test('makes its source wait while more than its buffer is not safe', async () => {
    let answer: () => void = () => {}
    const url = await bare((socket) => {
      socket.send(hello(0))
      answer = () => socket.send('{"type":"ack","offset":90}')
    })
    const { remote } = learner(url, { buffer: 100 })
    remote.next('x'.repeat(100))
    expect(remote.ready()).toBeUndefined()
    remote.next('y'.repeat(50))
    const ready = remote.ready()
    expect(ready).toBeInstanceOf(Promise)
    await sleep(100)
    answer()
    await ready
    expect(remote.held).toBe(60)
  })

  test('does not believe in a server that says nothing', async () => {
    const lost: string[] = []
    const connections = new Promise<void>((resolve) => {
      void bare((socket, count) => {
        socket.send(hello(0))
        if (count === 3) resolve()
      }).then((url) => learner(url, { silence: 100, lost: (reason) => lost.push(reason) }))
    })
    await connections
    expect(lost.slice(0, 2)).toEqual(['the server said nothing', 'the server said nothing'])
  })

  test('errors when there is no server at first', async () => {
    await expect(learner('ws://127.0.0.1:1/').done).rejects.toThrow('cannot reach ws://127.0.0.1:1/')
  })

  test('errors when the server refuses what it sends', async () => {
    const url = await bare((socket) => {
      socket.send(hello(0))
      socket.close(1008, 'gap')
    })
    await expect(learner(url).done).rejects.toThrow('1008: gap')
  })

  test('continues with a server that has forgotten it, and says what is not sent again', async () => {
    const received: unknown[] = []
    const url = await bare((socket, count) => {
      // the third time a checkpoint of before is there again
      socket.send(hello(count === 3 ? 10 : 0))
      socket.on('message', (data: Buffer) => {
        received.push(JSON.parse(data.toString()))
        if (count < 3) socket.send(count === 1 ? '{"type":"ack","offset":10}' : '{"type":"alive"}')
        else return socket.send('{"type":"ack","offset":12}')
        socket.close(1011)
      })
    })
    const forgotten: number[] = []
    const { remote, done } = learner(url, { forgotten: (characters) => forgotten.push(characters) })
    remote.next('hello, world')
    remote.complete()
    await done
    expect(received).toEqual([
      { type: 'text', offset: 0, text: 'hello, world' },
      { type: 'text', offset: 0, text: 'ld' },
      { type: 'text', offset: 10, text: 'ld' },
    ])
    expect(forgotten).toEqual([10])
  })

  test('continues with a producer that the server makes anew', async () => {
    const args = ['--models', temporary(), '--checkpoint-every', '0.05', '--max-producers', '1', '--keep-producers', '0']
    const { at } = await serve(...args)
    const forgotten: number[] = []
    const lost: string[] = []
    const one = learner(at('/v1/learn/shop?producer=one'), {
      forgotten: (characters) => forgotten.push(characters),
      lost: (reason) => lost.push(reason),
      backoff: { first: 300, most: 300 },
      WebSocket: CutWebSocket,
    })
    one.remote.next('hello\n')
    while (one.remote.held > 0 || one.events.length < 2) await sleep(10)
    dropAll()
    await append(at('/v1/learn/shop?producer=two'), 'mine\n')
    one.remote.next('world\n')
    one.remote.complete()
    const lines = (await one.done).filter(({ type }) => type === 'line')
    expect(lines.map(({ text }) => text)).toEqual(['hello', 'world'])
    expect(forgotten).toEqual([6])
    expect(lost.length).toBe(1)
  })

  test('errors with its source, and when it is no server of rxrnn', async () => {
    const url = await bare((socket) => socket.send('hi'))
    await expect(learner(url).done).rejects.toThrow('invalid JSON')
    const other = await bare((socket) => socket.send(hello(0)))
    const { remote, done } = learner(other)
    remote.error(new Error('the disk is gone'))
    await expect(done).rejects.toThrow('the disk is gone')
  })
})
