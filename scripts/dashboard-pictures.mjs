/**
 * Pictures of the dashboard in Chromium, for the documents: light, dark and narrow.
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
const WIDE = { width: 1280, height: 1060 }
const PICTURES = [
  { name: 'dashboard-light', colorScheme: 'light', viewport: WIDE },
  { name: 'dashboard-dark', colorScheme: 'dark', viewport: WIDE },
  { name: 'dashboard-narrow', colorScheme: 'light', viewport: { width: 360, height: 740 } },
]

mkdirSync(folder, { recursive: true })
const server = await preview({ preview: { port: 0 } })
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS.split(' ') })
for (const { name, ...options } of PICTURES) {
  const page = await browser.newPage(options)
  page.on('pageerror', (error) => console.error(error))
  await page.goto(server.resolvedUrls.local[0])
  await page.locator('#alerts > :nth-child(3)').waitFor({ timeout: 120_000 })
  await page.waitForTimeout(3000)
  await page.click('#pause')
  await page.locator('#text span:not(.s0, .gap)').last().hover()
  await page.screenshot({ path: join(folder, `${name}.png`) })
  await page.close()
}
await browser.close()
await server.close()
