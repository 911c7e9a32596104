import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectNats } from '@nats-io/transport-node'
import { createModel, events, type LineEvent, Random } from 'rxrnn'
import { type KeyedText, keyed, LineLearner } from 'rxrnn/keyed'
import { NatsWorker, TextPublisher } from 'rxrnn/nats'
import { pooled, pull } from 'rxrnn/node'
import { filter, from, lastValueFrom, map, toArray } from 'rxjs'
import { beforeAll, describe, expect, test } from 'vitest'
import { type FromWorker, Session } from '../../src/dashboard/session.ts'
import { createModel as createHere } from '../../src/network/create.ts'
import { eventsOf, rxrnn } from '../cli/run.ts'
import { MemoryStore } from '../keyed/parts.ts'
import { NatsServer } from '../nats/nats-server.ts'
import { eventsOn } from '../nats/nats-state.ts'
import { NATS_SERVER, testWithPeer } from '../peers.ts'
import { connect, MODEL as FLAGS, OPTIONS as MODEL, serve } from '../server/server.ts'

const FAULT = 'ERROR disk sdb: I/O error, sector 4711 cannot be read\n'
const TRACE = `panic: runtime error: index out of range\r\n    at Store.flush (store.js:12:7)\r\n    at Timer.tick (timer.js:99:1)\r\n`

/** A log with clocks, line ends of both kinds, a fault that comes again, a stack trace, and a line that is long, but kept whole by every face */
function log(): string {
  const random = new Random(7)
  return Array.from({ length: 300 }, (_, i) => {
    const clock = `2026-03-01T10:${String(Math.trunc(i / 60)).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}.${100 + (random.next() % 900)}Z`
    const routine = `${clock} INFO größe 😀 worker ${random.next() % 5} finished job ${random.next() % 30}${i % 9 === 0 ? '\r' : ''}\n`
    if (i === 150 || i === 170 || i === 260) return routine + `${clock} ${FAULT}`
    if (i === 200) return routine + TRACE
    return i === 230 ? `${clock} DEBUG ${'payload '.repeat(400)}\n` : routine
  }).join('')
}

/** A text in chunks of up to so many UTF-16 units */
function chunksOf(text: string, most: number): readonly string[] {
  return Array.from({ length: Math.ceil(text.length / most) }, (_, i) => text.slice(i * most, (i + 1) * most))
}

const LOG = log()
const BYTES = new TextEncoder().encode(LOG)
/** Beside the log another text, so that the learner of the one gives way to that of the other */
const TEXTS: readonly KeyedText[] = chunksOf(LOG, 1000).flatMap((text, i) => [
  { key: 'log', text },
  { key: 'other', text: `${i} other\n` },
])

type Flagged = Pick<LineEvent, 'text' | 'score' | 'alert'>

function flagged(events: readonly object[]): readonly Flagged[] {
  return events.flatMap((event) => (isLine(event) ? [{ text: event.text, score: event.score, alert: event.alert }] : []))
}

function isLine(event: object): event is LineEvent {
  return 'type' in event && event.type === 'line'
}

/** What the operator makes of the log in chunks */
async function byOperator(chunks: readonly string[]): Promise<readonly Flagged[]> {
  return flagged(await lastValueFrom(from(chunks).pipe(events(createModel(MODEL), { types: ['line'] }), toArray())))
}

let expected: readonly Flagged[]
beforeAll(async () => {
  expected = await byOperator([LOG])
})

const temporary = () => mkdtempSync(join(tmpdir(), 'rxrnn-faces-'))

describe('one log is flagged alike, with the same scores to the bit, by', () => {
  test('the operator, which flags the faults', async () => {
    expect(expected.map(({ text }) => text)).toEqual(LOG.trimEnd().split(/\r?\n/))
    const alerts = expected.filter(({ alert }) => alert).map(({ text }) => text)
    expect(alerts).toEqual(expect.arrayContaining([expect.stringContaining(FAULT.trim()), TRACE.split('\r\n')[0]]))
    expect(alerts.length).toBeLessThan(10)
    expect(await byOperator(chunksOf(LOG, 7))).toEqual(expected)
  })

  test('watch', async () => {
    const { stdout, stderr } = await rxrnn(['watch', '--json', '--preset', 'small', ...FLAGS], BYTES)
    expect(flagged(eventsOf(stdout)), stderr).toEqual(expected)
  })

  test('a line learner', async () => {
    const learner = await LineLearner.open({ model: MODEL })
    const lines = chunksOf(LOG, 13).flatMap((chunk) => learner.learn(chunk))
    learner.dispose()
    expect(flagged(lines)).toEqual(expected)
  })

  test('keyed, though its learner is saved and restored again and again', async () => {
    const learnFor = (_: string, saved?: Uint8Array) => LineLearner.open({ model: MODEL }, saved)
    const lines$ = pull(TEXTS).pipe(
      keyed(learnFor, { store: new MemoryStore(), resident: 1 }),
      filter(({ key }) => key === 'log'),
      map(({ output }) => output),
      toArray(),
    )
    expect(flagged(await lastValueFrom(lines$))).toEqual(expected)
  })

  test('a pool of threads', async () => {
    const lines$ = pull(TEXTS).pipe(
      pooled({ folder: temporary(), model: MODEL, threads: 1, resident: 1 }),
      filter(({ key }) => key === 'log'),
      map(({ output }) => output),
      toArray(),
    )
    expect(flagged(await lastValueFrom(lines$))).toEqual(expected)
  })

  test('the private learner of a connection', async () => {
    const { url } = await serve()
    const client = await connect(`${url}?events=line`)
    for (let at = 0; at < BYTES.length; at += 1001) client.socket.send(BYTES.subarray(at, at + 1001))
    await client.event(() => client.events.length === expected.length)
    expect(flagged(client.events)).toEqual(expected)
  })

  test('send to a model with a name', async () => {
    const file = join(temporary(), 'app.log')
    writeFileSync(file, LOG)
    const { at } = await serve('--models', temporary(), '--checkpoint-every', '0.1')
    const { stdout, stderr } = await rxrnn(['send', at('/v1/learn/app'), file])
    expect(flagged(eventsOf(stdout)), stderr).toEqual(expected)
  })

  test('the page, which shows alerts only', async () => {
    const alerts = await new Promise((resolve) => {
      const posted: FromWorker[] = []
      const session = new Session(
        createHere(MODEL),
        (message) => {
          posted.push(message)
          const settled = posted.reduce((sum, message) => sum + message.settled, 0)
          if (settled === LOG.length) resolve(flagged(posted.flatMap(({ events }) => events)))
        },
        {},
      )
      session.text(LOG)
    })
    expect(alerts).toEqual(expected.filter(({ alert }) => alert))
  })

  testWithPeer(...NATS_SERVER, 'a worker on NATS', async () => {
    const server = await NatsServer.start()
    const connection = await connectNats({ servers: server.url })
    const worker = new NatsWorker({ url: server.url, model: MODEL, partitions: 1, resident: 1, lease: 0.6, checkpointEvery: 0.1 })
    const ended = worker.run()
    try {
      await expect.poll(() => worker.partitions.length, { timeout: 10_000 }).toBe(1)
      const publisher = new TextPublisher(connection)
      for (const { key, text } of TEXTS) await publisher.publish(key, text)
      await expect.poll(async () => flagged(await eventsOn(connection, 'log')), { timeout: 30_000 }).toEqual(expected)
    } finally {
      worker.stop()
      await ended
      await connection.close()
      await server.remove()
    }
  })
})
