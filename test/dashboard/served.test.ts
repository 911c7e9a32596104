import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { connect, MODEL, refusal, serve, temporary, V1 } from '../cli/serve/server.ts'
import { CHROMIUM, testWithPeer } from '../peers.ts'
import { expected, learned, takeErrors, visit } from './chromium.ts'

const httpOf = (url: string) => url.replace(/^ws/, 'http')

describe('the page of a server', () => {
  test('comes with a policy that lets nothing in', async () => {
    const { at } = await serve()
    const response = await fetch(httpOf(at('/')))
    const html = await response.text()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
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

  testWithPeer(...CHROMIUM, 'learns what is typed, on the server', async () => {
    const { at } = await serve()
    const page = await visit(httpOf(at('/')))
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
    const page = await visit(httpOf(first.at('/')))
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

  testWithPeer(...CHROMIUM, 'looks on at a shared model that others feed', async () => {
    const { at } = await serve('--models', temporary())
    const client = await connect(at('/v1/learn/demo'), [V1])
    await client.of('hello')
    const page = await visit(`${httpOf(at('/'))}?watch=demo`)
    await page.waitForTimeout(500)
    client.text(0, 'abcabc')
    await learned(page, 6)
    expect(await page.locator('#box').isVisible()).toBe(false)
    expect(await page.textContent('#text')).toBe('abcabc')
  })
})
