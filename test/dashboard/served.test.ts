import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { connect, MODEL, refusal, serve, temporary, V1 } from '../server/server.ts'
import { CHROMIUM, testWithPeer } from '../peers.ts'
import { closeBrowser, expected, learned, takeErrors, visit } from './chromium.ts'
import { lineOf } from './log.ts'

afterAll(closeBrowser)

const httpOf = (url: string) => url.replace(/^ws/, 'http')
const ROUTINE = Array.from({ length: 600 }, (_, i) => `worker ${i % 7} started job ${i % 3} ok\n`).join('')
const ODD = 'worker 3 restarted job 1 ok\n'

/** The page of a server, with its private learner */
async function visitPrivate(at: (path: string) => string): Promise<Page> {
  const page = await visit(`${httpOf(at('/'))}?example=off`)
  await page.selectOption('#learner', { label: 'on the server, private' })
  await page.locator('#status', { hasText: 'Connected' }).waitFor()
  return page
}

/** The status of a request that names the server as a page would that made its own name point to it */
async function statusAt(url: string, host: string): Promise<number | undefined> {
  const [response] = await once(request(url, { headers: { host } }).end(), 'response')
  response.resume()
  return response.statusCode
}

describe('the page of a server', () => {
  test('comes with a policy that lets nothing in', async () => {
    const { at } = await serve()
    const response = await fetch(httpOf(at('/')))
    const html = await response.text()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(html)!
    expect(response.headers.get('content-security-policy')).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`)
    expect(response.headers.get('content-security-policy')).not.toContain('unsafe-inline')
    const [, script] = /src="\.(\/assets\/[^"]+\.js)"/.exec(html)!
    const asset = await fetch(httpOf(at(script!)))
    expect(asset.headers.get('cache-control')).toContain('immutable')
    expect((await fetch(httpOf(at('/assets/../../package.json')))).status).toBe(404)
  })

  test('may connect, and the page of no other origin', async () => {
    const { url } = await serve()
    const { port } = new URL(url)
    await connect(url, [], { headers: { origin: `http://127.0.0.1:${port}` } })
    await connect(url, [], { headers: { origin: `http://localhost:${port}` } })
    for (const origin of [`http://evil.example:${port}`, `https://127.0.0.1:${port}`, `http://127.0.0.1:${Number(port) + 1}`]) {
      expect(await refusal(url, { headers: { origin, host: new URL(origin).host } })).toBe(403)
    }
  })

  test('is sent a trace of what the stages did when it asks for one', async () => {
    const { url } = await serve()
    const client = await connect(`${url}?events=trace`, [V1])
    await client.of('hello')
    client.text(0, 'abc')
    const trace = await client.of('trace', 3)
    expect(trace).toMatchObject({ v: 1, skipped: 0, segment: { every: 25 }, update: null })
    expect(trace['characters']).toMatchObject([
      ['a', expect.any(Number), []],
      ['b', expect.any(Number), expect.any(Array)],
      ['c', expect.any(Number), expect.any(Array)],
    ])
    expect(trace['hidden']).toHaveLength(8)
  })

  test('is told which models and presets there are, and the page of no other name is', async () => {
    const models = temporary()
    const { url, at } = await serve('--models', models)
    await connect(at('/v1/learn/web'), [V1])
    await connect(at('/v1/learn/app'), [V1])
    const list = httpOf(at('/v1/models'))
    expect(await (await fetch(list)).json()).toEqual({ models: ['app', 'web'], presets: ['small', 'min-char-rnn'], sampling: false, verdicts: false })
    const { port } = new URL(url)
    expect(await statusAt(list, `localhost:${port}`)).toBe(200)
    expect(await statusAt(list, `evil.example:${port}`)).toBe(403)
  })

  test('is told of no model without the token', async () => {
    const file = join(temporary(), 'token')
    writeFileSync(file, 'a-token-that-is-long')
    const { at } = await serve('--models', temporary(), '--token-file', file)
    const list = httpOf(at('/v1/models'))
    expect((await fetch(list)).status).toBe(401)
    expect((await fetch(list, { headers: { authorization: 'Bearer a-token-that-is-long' } })).status).toBe(200)
  })

  test('has a private learner of a preset that the server allows, and of no other', async () => {
    const { url, at } = await serve('--models', temporary())
    const rates = await Promise.all(
      ['', '&preset=small', '&preset=min-char-rnn'].map(async (query) => {
        const client = await connect(`${url}?events=stats,trace${query}`)
        client.socket.send('abc')
        return (await client.of('stats', 3))['learningRate']
      }),
    )
    expect(rates[1]).toBe(rates[0])
    expect(rates[2]).not.toBe(rates[0])
    for (const address of [`${url}?preset=large`, `${url}?preset=constructor`, at('/v1/learn/demo?preset=small')]) {
      expect(await (await connect(address)).closed).toMatchObject({ code: 1008, reason: expect.stringContaining('preset') })
    }
  })

  test('is sent the lines that are alerts alone, each with its explanation', async () => {
    const { at } = await serve('--models', temporary())
    const watcher = await connect(at('/v1/watch/demo?events=alert,trace').replace('watch', 'learn'), [V1])
    await watcher.of('hello')
    watcher.text(0, ROUTINE + ODD)
    const alert = await watcher.event(({ type, text }) => type === 'line' && text === ODD.trim())
    expect(alert).toMatchObject({
      alert: true,
      reason: { cause: 'new word' },
      explain: { after: expect.stringMatching(/^worker 3 /), word: 'restarted' },
    })
    expect(watcher.events.filter(({ type, alert }) => type === 'line' && alert !== true)).toEqual([])
  })

  testWithPeer(...CHROMIUM, 'learns what is typed, on the server', async () => {
    const { at } = await serve()
    const page = await visitPrivate(at)
    await page.locator('#box').pressSequentially('abababab')
    await learned(page, 8)
    expect(await page.textContent('#status')).toContain('Connected')
    const before = await expected(page)
    await page.locator('#box').press('a')
    await learned(page, 9)
    expect(await expected(page)).not.toBe(before)
    expect(takeErrors()).toEqual([])
  })

  testWithPeer(...CHROMIUM, 'says that the connection is lost, and connects again', async () => {
    const first = await serve()
    const page = await visitPrivate(first.at)
    await page.locator('#box').pressSequentially('hello')
    await learned(page, 5)
    first.server.kill('SIGKILL')
    await once(first.server, 'exit')
    await page.locator('#status.trouble').waitFor()
    expect(await page.textContent('#status')).toContain('Connection lost')
    await serve('--port', new URL(first.url).port, ...MODEL)
    await page.locator('#status:not(.trouble)').waitFor()
    await page.locator('#box').pressSequentially(' again')
    await learned(page, 6)
    expect(await page.textContent('#status')).toContain('Connected')
  })

  testWithPeer(...CHROMIUM, 'watches a shared model that others feed', async () => {
    const { at } = await serve('--models', temporary())
    const client = await connect(at('/v1/learn/demo'), [V1])
    await client.of('hello')
    const page = await visit(`${httpOf(at('/'))}?watch=demo`)
    await page.waitForTimeout(500)
    client.text(0, 'abcabc')
    await page.locator('#text', { hasText: /^abcabc$/ }).waitFor()
    await learned(page, 6)
    expect(await page.locator('#box').isVisible()).toBe(false)
    await page.click('#pause')
    client.text(6, 'defdef')
    await client.of('ack', 12)
    expect(await page.textContent('#text')).toBe('abcabc')
    await page.click('#pause')
    client.text(12, 'g')
    await page.locator('#text', { hasText: /^abcabcdefdefg$/ }).waitFor()
    // of the time one character is learned, and it is shown as it came
    const clocked = (line: string, i: number) => `08:${String(10 + Math.floor(i / 60))}:${String(10 + (i % 50))} ${line}`
    const log = `\n${ROUTINE.replaceAll(/^.+$/gm, clocked)}`
    const known = `${log}${clocked(ODD, 600)}`
    client.text(13, known)
    await page.locator('#alerts .line', { hasText: 'restarted' }).waitFor()
    const odd = clocked('worker 5 exploded job 2 ok', 602)
    client.text(13 + known.length, `${clocked('worker 4 started job 1 ok', 601)}\n${odd}\n`)
    const line = page.locator('#alerts .line', { hasText: 'exploded' })
    await line.waitFor()
    expect(await line.innerText()).toBe(odd)
    expect(await line.locator('span:not(.s0)').count()).toBeGreaterThan(0)
    expect(await page.locator('#alerts .why', { hasText: 'default:' }).count()).toBe(0)
  })

  testWithPeer(...CHROMIUM, 'shows one of the streams of a shared model, and the alerts of all', async () => {
    const { at } = await serve('--models', temporary())
    const one = await connect(at('/v1/learn/demo?producer=one'), [V1])
    const two = await connect(at('/v1/learn/demo?producer=two'), [V1])
    await Promise.all([one.of('hello'), two.of('hello')])
    const page = await visit(`${httpOf(at('/'))}?watch=demo`)
    await page.locator('#status', { hasText: 'watches' }).waitFor()
    one.text(0, 'abc')
    await learned(page, 3)
    two.text(0, ROUTINE + ODD)
    one.text(3, 'def')
    await page.locator('#text', { hasText: /^abcdef$/ }).waitFor()
    await page.locator('#alerts li', { hasText: 'two: ' }).first().waitFor()
  })

  testWithPeer(...CHROMIUM, 'lets choose a shared model or a preset', async () => {
    const { at } = await serve('--models', temporary())
    const client = await connect(at('/v1/learn/demo'), [V1])
    await client.of('hello')
    const page = await visitPrivate(at)
    expect(await page.locator('#learner option').allTextContents()).toEqual(['in this page', 'on the server, private', 'watch demo', 'write to demo'])
    expect(await page.locator('#preset option').allTextContents()).toEqual(['small', 'min-char-rnn'])
    await page.click('summary')
    await page.selectOption('#preset', 'min-char-rnn')
    await page.locator('#box').pressSequentially('abc')
    await learned(page, 3)
    expect(await page.locator('#facts').innerText()).toContain('0.100')
    await page.selectOption('#learner', { label: 'watch demo' })
    await page.locator('#status', { hasText: 'watches' }).waitFor()
    client.text(0, 'abcabc')
    await learned(page, 6)
    expect(await page.locator('#preset').isVisible()).toBe(false)
  })

  testWithPeer(...CHROMIUM, 'tells its private learner which alerts are noise', async () => {
    const { at } = await serve()
    const page = await visitPrivate(at)
    const lines = Array.from({ length: 1600 }, (_, i) => lineOf(i))
    const feed = async (from: number, to: number) => {
      const log = Buffer.from(lines.slice(from, to).join(''))
      await page.setInputFiles('#file', { name: 'log.txt', mimeType: 'text/plain', buffer: log })
      await learned(page, lines.slice(0, to).join('').length)
    }
    const reports = page.locator('#alerts li', { hasText: 'report error' })
    const disks = page.locator('#alerts li', { hasText: 'disk sda' })
    await feed(0, 1200)
    const seen = { reports: await reports.count(), disks: await disks.count() }
    expect(seen.reports).toBeGreaterThan(2)
    for (let i = 0; i < seen.reports; i++) await reports.nth(i).getByRole('button', { name: 'Noise' }).click()
    await disks.first().getByRole('button', { name: 'Useful' }).click()
    await feed(1200, 1600)
    await page.locator('#new-alerts').click()
    expect(await disks.count()).toBeGreaterThan(seen.disks)
    expect(await reports.count()).toBe(seen.reports)
    expect(await page.textContent('#status')).toContain('Connected')
  })

  testWithPeer(...CHROMIUM, 'holds its private learner, and steps it', async () => {
    const { at } = await serve()
    const page = await visitPrivate(at)
    await page.click('summary')
    await page.click('#pause')
    await page.fill('#box', ROUTINE)
    await page.click('#next-character')
    await learned(page, 1)
    await page.click('#next-character')
    await learned(page, 2)
    await page.click('#next-update')
    await learned(page, 26)
    expect(await page.textContent('#pipeline')).toContain('update 1,')
    await page.click('#pause')
    await learned(page, ROUTINE.length)
    expect(takeErrors()).toEqual([])
  })
})
