import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect } from 'vitest'
import { closeBrowser, takeErrors, visit } from '../dashboard/chromium.ts'
import { CHROMIUM, testWithPeer } from '../peers.ts'

afterAll(closeBrowser)

const ROOT = join(import.meta.dirname, '../..')
const WORD = 'harbour '

let server: ChildProcess | undefined
afterAll(() => server?.kill())

testWithPeer(...CHROMIUM, 'the typing predictor proposes what it has read before, and Tab takes it', async () => {
  const page = await visit(await serve())
  await page.locator('textarea').pressSequentially(`${WORD.repeat(12)}har`)
  await page.locator('#completion', { hasText: /^bour ?$/ }).waitFor()
  expect(await page.locator('#next').innerText()).toMatch(/^b (\d\d|100)%/)
  await page.keyboard.press('Tab')
  expect(await page.locator('textarea').inputValue()).toBe(`${WORD.repeat(12)}harbour `)
  await page.locator('#status', { hasText: new RegExp(`^${12 * WORD.length + 8} characters learned; the last one cost 0\\.\\d bits$`) }).waitFor()
  expect(takeErrors()).toEqual([])
})

/** The address of the page, served by `npm run example:typing` without its build */
async function serve(): Promise<string> {
  server = spawn(process.execPath, ['node_modules/vite/bin/vite.js', 'examples/typing', '--host', '127.0.0.1', '--port', '0'], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(server.stdout!)) {
    const url = /http:\S+/.exec(line)?.[0]
    if (url !== undefined) return url
  }
  throw new Error('vite has not started')
}
