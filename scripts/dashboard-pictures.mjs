/**
 * Pictures of the dashboard in Chromium, for the README: light, dark and narrow.
 *
 *     npm run build && node scripts/dashboard-pictures.mjs [FOLDER]
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { preview } from 'vite'

const folder = process.argv[2] ?? join(import.meta.dirname, '../docs')
const ARGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'
const WIDE = { width: 1280, height: 1180 }
const PICTURES = [
  { name: 'dashboard-light', colorScheme: 'light', viewport: WIDE },
  { name: 'dashboard-dark', colorScheme: 'dark', viewport: WIDE },
  { name: 'dashboard-narrow', colorScheme: 'light', viewport: { width: 360, height: 1500 } },
]
// characters until the log is known well and faults stand out
const ENOUGH = 24_000

mkdirSync(folder, { recursive: true })
const server = await preview({ preview: { port: 0 } })
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS.split(' ') })
for (const { name, ...options } of PICTURES) {
  const page = await browser.newPage(options)
  page.on('pageerror', (error) => console.error(error))
  await page.goto(server.resolvedUrls.local[0])
  await page.click('#example')
  await page.waitForFunction((enough) => Number(document.querySelector('#facts dd').textContent.replaceAll(',', '')) > enough, ENOUGH, {
    timeout: 120_000,
  })
  await page.click('#example')
  await page.fill('#box', 'INFO  web-2 GET /')
  await page.waitForTimeout(500)
  await page.locator('#text span:is(.s2, .s3, .s4, .s5, .s6)').last().hover()
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: options.viewport === WIDE })
  await page.close()
}
await browser.close()
await server.close()
