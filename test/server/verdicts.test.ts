import { once } from 'node:events'
import { LineLearner } from 'rxrnn/keyed'
import { RemoteLearner } from 'rxrnn/websocket'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Client, connect, type Event, OPTIONS, serve, SOON, temporary, V1 } from './server.ts'

// a fault now and then, in both halves
const LINES = Array.from({ length: 500 }, (_, i) =>
  i > 100 && i % 80 === 13 ? `error: disk sda${i} failed, no space left\n` : `worker ${i % 3} did job ${(7 * i) % 10}\n`,
)
const HALF = 300
const halves = [LINES.slice(0, HALF).join(''), LINES.slice(HALF).join('')] as const
const END = halves[0].length + halves[1].length

const linesOf = ({ events }: Client) => events.filter(({ type }) => type === 'line')
const judge = ({ socket }: Client, offset: unknown, verdict: string) => socket.send(JSON.stringify({ type: 'verdict', offset, verdict }))

/** Learns the first half, says what of it is noise while the second is on its way, and learns that */
async function judgeHalf(client: Client): Promise<readonly Event[]> {
  client.text(0, halves[0])
  await client.event(({ type, offset }) => type === 'line' && offset === halves[0].length)
  for (const { offset } of linesOf(client).filter(({ alert }) => alert)) judge(client, offset, 'noise')
  client.text(halves[0].length, halves[1])
  await client.event(({ type, offset }) => type === 'line' && offset === END)
  return linesOf(client)
}

describe('a verdict', () => {
  test('applies in order with the text, as in the library', async () => {
    const { url } = await serve()
    const lines = await judgeHalf(await connect(`${url}?events=line`, [V1]))
    const learner = await LineLearner.open({ model: OPTIONS })
    const first = learner.learn(halves[0])
    for (const { offset } of first.filter(({ alert }) => alert)) learner.judge({ offset, verdict: 'noise' })
    const expected = [...first, ...learner.learn(halves[1])]
    expect(learner.verdicts.length).toBeGreaterThan(0)
    expect(lines.map(({ score }) => score)).toEqual(expected.map(({ score }) => score))
    expect(lines.some(({ verdicts }) => verdicts !== undefined)).toBe(true)
  })

  test('on an alert that is not known is an error, and the connection stays', async () => {
    const { url } = await serve()
    const client = await connect(`${url}?events=line`, [V1])
    judge(client, 0, 'noise')
    expect(await client.of('error')).toMatchObject({ code: 'unknown-alert', message: expect.stringContaining('offset 0') })
    client.text(0, 'hello\n')
    await client.of('line', 6)
    judge(client, 6, 'useful')
    await client.event(({ code, message }) => code === 'unknown-alert' && String(message).includes('offset 6'))
    judge(client, 6, 'superb')
    expect(await client.event(({ code }) => code === 'bad-message')).toMatchObject({ message: expect.stringContaining('verdict') })
    expect((await client.closed).code).toBe(1008)
  })

  test('on a shared model needs --verdicts', async () => {
    const { at } = await serve('--models', temporary())
    const client = await connect(at('/v1/learn/shop?events=line'), [V1])
    client.text(0, 'hello\n')
    judge(client, 6, 'noise')
    expect(await client.of('error')).toMatchObject({ code: 'verdicts-off', message: expect.stringContaining('--verdicts') })
    client.text(6, 'world\n')
    await client.of('line', 12)
  })

  test('on a shared model changes its own stream, is saved, and reaches nobody else', async () => {
    const args = ['--models', temporary(), '--verdicts', '--checkpoint-every', '0.1']
    const first = await serve(...args)
    const one = await connect(first.at('/v1/learn/shop?events=line&producer=one'), [V1])
    await one.of('hello')
    const other = await connect(first.at('/v1/learn/shop?events=line&producer=other'), [V1])
    const watcher = await connect(first.at('/v1/watch/shop?events=line'))
    one.text(0, halves[0])
    await one.of('ack', halves[0].length)
    const noise = linesOf(one).filter(({ alert }) => alert)
    judge(other, noise[0]!['offset'], 'noise')
    expect(await other.of('error')).toMatchObject({ code: 'unknown-alert' })
    for (const { offset } of noise) judge(one, offset, 'noise')
    // what was said is saved though no text follows, and by then was dealt with
    judge(one, 1, 'noise')
    await one.of('error')
    first.server.kill('SIGTERM')
    await Promise.all([one.closed, other.closed, watcher.closed, once(first.server, 'exit')])
    expect(JSON.stringify([...watcher.events, ...other.events])).not.toMatch(/"type":"verdict"|noise/)
    const second = await serve(...args)
    const again = await connect(second.at('/v1/learn/shop?events=line&producer=one'), [V1])
    const curious = await connect(second.at('/v1/watch/shop?events=line'))
    await expect.poll(async () => (await fetch(second.at('/metrics').replace('ws:', 'http:'))).text(), SOON).toMatch(/^rxrnn_connections 2$/m)
    again.text(halves[0].length, halves[1])
    await again.of('line', END)
    await curious.of('line', END)
    expect(linesOf(curious).length).toBe(linesOf(again).length)
    expect(JSON.stringify(curious.events)).not.toMatch(/noise|verdict/)
    expect(linesOf(again).some(({ verdicts }) => JSON.stringify(verdicts)?.includes('noise'))).toBe(true)
  })

  test('is given by RemoteLearner', async () => {
    const { url } = await serve()
    const remote = new RemoteLearner(`${url}?events=line`, { WebSocket })
    onTestFinished(() => remote.close())
    expect(remote.judge({ offset: 0, verdict: 'noise' })).toBe(false)
    const error = await new Promise<Event>((resolve) => {
      remote.events$.subscribe((event) => {
        const { type, ...rest }: Event = { ...Object(event) }
        if (type === 'hello') expect(remote.judge({ offset: 7, verdict: 'noise' })).toBe(false)
        if (type === 'ack') expect(remote.judge({ offset: 7, verdict: 'noise' })).toBe(true)
        if (type === 'error') resolve(rest)
      })
      remote.next('hello\n')
    })
    expect(error).toMatchObject({ code: 'unknown-alert', message: expect.stringContaining('offset 7') })
  })
})
