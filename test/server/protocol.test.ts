import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { connect, digestAfter, digestOf, refusal, SOON, serve, sleep, temporary, V1 } from './server.ts'

const LINES = Array.from({ length: 60 }, (_, i) => `${i} the größer 😀 line ${i % 7}\n`).join('')
const LENGTH = Array.from(LINES).length

describe('rxrnn.v1', () => {
  test('says hello, acknowledges what a checkpoint covers, and learns exactly the text', async () => {
    const models = temporary()
    const { server, at } = await serve('--models', models, '--checkpoint-every', '0.1')
    const client = await connect(at('/v1/learn/shop'), [V1])
    expect(client.socket.protocol).toBe(V1)
    expect(await client.of('hello')).toEqual({
      v: 1,
      type: 'hello',
      protocol: V1,
      offset: 0,
      model: 'shop',
      producer: 'default',
      durable: true,
    })
    client.text(0, LINES)
    await client.of('ack', LENGTH)
    expect(
      client.events
        .filter(({ type }) => type === 'line')
        .map(({ text }) => `${String(text)}\n`)
        .join(''),
    ).toBe(LINES)
    server.kill('SIGKILL')
    expect(digestOf(join(models, 'shop'))).toBe(await digestAfter(LINES))
  })

  test('resumes after a kill -9 at the acknowledged offset; what is sent again is learned once', async () => {
    const models = temporary()
    const args = ['--models', models, '--checkpoint-every', '0.05']
    const first = await serve(...args)
    const half = Array.from(LINES).slice(0, 777).join('')
    const before = await connect(first.at('/v1/learn/shop?producer=till-1'), [V1])
    before.text(0, half)
    await before.of('ack', 777)
    first.server.kill('SIGKILL')
    await before.closed
    const second = await serve(...args)
    const after = await connect(second.at('/v1/learn/shop?producer=till-1'), [V1])
    expect(await after.of('hello')).toMatchObject({ offset: 777, producer: 'till-1' })
    after.text(0, LINES)
    await after.of('ack', LENGTH)
    const lines = [...before.events, ...after.events].filter(({ type }) => type === 'line')
    expect(lines.map(({ text }) => `${String(text)}\n`).join('')).toBe(LINES)
    second.server.kill('SIGTERM')
    await once(second.server, 'exit')
    expect(digestOf(join(models, 'shop'))).toBe(await digestAfter(LINES))
  })

  test('resumes after a kill -9 within what may be the first clock', async () => {
    const args = ['--models', temporary(), '--checkpoint-every', '0.05']
    const first = await serve(...args)
    const before = await connect(first.at('/v1/learn/shop'), [V1])
    before.text(0, '1')
    await before.of('ack', 1)
    first.server.kill('SIGKILL')
    await before.closed
    const second = await serve(...args)
    const after = await connect(second.at('/v1/learn/shop'), [V1])
    expect(await after.of('hello')).toMatchObject({ offset: 1 })
    after.text(1, '2:00:00 open\n')
    expect(await after.of('line')).toMatchObject({ text: '12:00:00 open', offset: 7 })
  })

  test('keeps the places of several producers of one model, and forgets the one that was silent longest', async () => {
    const { at } = await serve('--models', temporary(), '--checkpoint-every', '0.05', '--max-producers', '2', '--keep-producers', '0')
    const hello = async (producer: string, text = '') => {
      const client = await connect(at(`/v1/learn/shop?producer=${producer}`), [V1])
      const { offset } = await client.of('hello')
      if (text !== '') {
        client.text(Number(offset), text)
        await client.of('ack', Number(offset) + text.length)
      }
      client.socket.close()
      await client.closed
      await sleep(100)
      return offset
    }
    expect([await hello('a', 'aaaa'), await hello('b', 'bbbbbb')]).toEqual([0, 0])
    expect([await hello('b', 'b'), await hello('a', 'a')]).toEqual([6, 4])
    expect([await hello('c', 'cc'), await hello('a'), await hello('b')]).toEqual([0, 5, 0])
  })

  test('keeps the place of a producer from strangers, who learn nothing or find no room', async () => {
    const { at } = await serve('--models', temporary(), '--checkpoint-every', '0.05', '--max-producers', '2')
    const at2 = (name: string) => connect(at(`/v1/learn/shop?producer=${name}`), [V1])
    const producer = await at2('till-1')
    producer.text(0, 'hello')
    await producer.of('ack', 5)
    producer.socket.close()
    await producer.closed
    const strangers = await Promise.all(Array.from({ length: 20 }, (_, i) => at2(`stranger-${i}`)))
    for (const { of } of strangers) await of('hello')
    for (const { socket } of strangers) socket.send('{"type":"text","offset":0,"text":"x"}')
    const ends = await Promise.all(strangers.map(({ of }) => of('prediction').catch(() => of('error'))))
    expect(ends.filter(({ type }) => type === 'prediction').length).toBe(1)
    expect(ends.filter(({ code }) => code === 'too-many-producers').length).toBe(19)
    const again = await at2('till-1')
    expect(await again.of('hello')).toMatchObject({ offset: 5 })
  })

  test('gives a producer to the connection that came last', async () => {
    const { at } = await serve('--models', temporary())
    const old = await connect(at('/v1/learn/shop'), [V1])
    old.text(0, 'abc')
    await old.of('prediction', 3)
    const young = await connect(at('/v1/learn/shop'), [V1])
    expect(await young.of('hello')).toMatchObject({ offset: 3 })
    expect(await old.of('error')).toMatchObject({ code: 'replaced' })
    expect(await old.closed).toEqual({ code: 1008, reason: 'replaced' })
  })

  test('skips what overlaps, and refuses a gap', async () => {
    const { at } = await serve('--models', temporary())
    const client = await connect(at('/v1/learn/shop'), [V1])
    client.text(0, 'a😀b')
    client.text(1, '😀bc')
    client.text(0, 'a')
    await client.of('prediction', 4)
    client.text(5, 'e')
    expect(await client.of('error')).toMatchObject({ code: 'gap', offset: 4, message: expect.stringContaining('4 comes next') })
    expect((await client.closed).code).toBe(1008)
  })

  test('on a private model acknowledges what was learned, from where the first text starts', async () => {
    const { url } = await serve()
    const client = await connect(url, [V1])
    expect(await client.of('hello')).toMatchObject({ offset: 0, model: null, durable: false })
    client.text(1000, 'hello')
    await client.of('ack', 1005)
  })

  test.each([
    ['no JSON', 'a message is one JSON object'],
    ['{"type":"text","offset":-1,"text":"a"}', 'offset'],
    ['{"type":"text","offset":0}', 'text'],
    ['{"type":"text","offset":0,"text":"a","more":1}', 'more'],
    ['{"type":"text","offset":0,"text":"\\ud83d"}', 'within a character'],
    ['{"type":"sample","length":1000000}', 'length'],
    ['{"type":"format","drive":"c"}', 'type'],
    ['[]', ''],
  ])('refuses %s with a message', async (json, words) => {
    const { url } = await serve()
    const client = await connect(url, [V1])
    client.socket.send(json)
    expect(await client.of('error')).toMatchObject({ v: 1, code: 'bad-message', message: expect.stringContaining(words) })
    expect(await client.closed).toEqual({ code: 1008, reason: 'bad-message' })
  })

  test('samples a private model as the library would', async () => {
    const { url } = await serve()
    const client = await connect(url, [V1])
    client.text(0, 'abcabcabcabcabcabcabcabcabcabcabc')
    client.socket.send(JSON.stringify({ type: 'sample', length: 50, seed: 7 }))
    const { text } = await client.of('sample')
    expect(String(text)).toMatch(/^[abc]{50}$/)
  })

  test('samples a shared model only where that is allowed', async () => {
    const [shut, open] = [await serve('--models', temporary()), await serve('--models', temporary(), '--allow-sampling')]
    for (const [{ at }, answer] of [
      [shut, 'error'],
      [open, 'sample'],
    ] as const) {
      const client = await connect(at('/v1/learn/shop'), [V1])
      client.text(0, 'abcabcabc')
      client.socket.send('{"type":"sample","length":10}')
      const event = await client.of(answer)
      if (answer === 'error') expect(event).toMatchObject({ code: 'sampling-off' })
      client.text(9, 'abc')
      await client.of('prediction', 12)
    }
  })
})

describe('shared models', () => {
  test('learn from all who connect, each with a state of its own', async () => {
    const { at } = await serve('--models', temporary())
    const [one, two] = [await connect(at('/v1/learn/shop')), await connect(at('/v1/learn/shop'))]
    one.socket.send('abababababababababababababababababababababababababababababab')
    await one.of('prediction', 60)
    // an a alone could begin April, so it would wait
    two.socket.send('ba')
    expect(JSON.stringify(await two.of('prediction', 2))).toContain('"next":[["b",')
  })

  test('are watched without being changed', async () => {
    const { at } = await serve('--models', temporary())
    const client = await connect(at('/v1/learn/shop?producer=till-1'), [V1])
    await client.of('hello')
    const watcher = await connect(at('/v1/watch/shop?events=line,prediction,stats'))
    await expect.poll(async () => (await fetch(at('/metrics').replace('ws:', 'http:'))).text(), SOON).toMatch(/^rxrnn_connections 2$/m)
    client.text(0, 'hello\nworld')
    expect(await watcher.of('line')).toMatchObject({ text: 'hello', stream: 'till-1' })
    expect(await watcher.of('prediction')).toMatchObject({ stream: 'till-1' })
    watcher.socket.send('let me in')
    expect(await watcher.of('error')).toMatchObject({ code: 'read-only' })
    expect((await watcher.closed).code).toBe(1008)
  })

  test('are not there without --models, and what is not there is not watched', async () => {
    const { at } = await serve()
    expect(await refusal(at('/v1/learn/shop'))).toBe(404)
    const { at: withModels } = await serve('--models', temporary())
    expect(await refusal(withModels('/v1/watch/shop'))).toBe(404)
  })

  test('are given up after the last connection, and found again', async () => {
    const models = temporary()
    const { at } = await serve('--models', models, '--checkpoint-every', '1000')
    const client = await connect(at('/v1/learn/shop'), [V1])
    client.text(0, LINES)
    await client.of('prediction', LENGTH)
    client.socket.close()
    while (!existsSync(join(models, 'shop')) || readdirSync(join(models, 'shop')).some((name) => name.startsWith('.lock'))) await sleep(20)
    const again = await connect(at('/v1/learn/shop'), [V1])
    expect(await again.of('hello')).toMatchObject({ offset: LENGTH })
    expect(digestOf(join(models, 'shop'))).toBe(await digestAfter(LINES))
  })
})
