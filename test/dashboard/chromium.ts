import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { preview } from 'vite'
import { onTestFinished } from 'vitest'
import { CHROMIUM_ARGS } from '../peers.ts'

let browser: Browser | undefined
let server: Awaited<ReturnType<typeof preview>> | undefined
const errors: string[] = []

/** To be called after all tests of a file */
export async function closeBrowser(): Promise<void> {
  await browser?.close()
  await server?.close()
  browser = undefined
  server = undefined
}

/** What pages threw, or were kept from doing by their policy, since the last look */
export function takeErrors(): readonly string[] {
  return errors.splice(0)
}

/** The page at an address, which is closed after the test, in a Chromium that is not: see `closeBrowser` */
export async function visit(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  browser ??= await chromium.launch({ executablePath: '/usr/bin/chromium', args: [...CHROMIUM_ARGS] })
  const context = await browser.newContext(options)
  onTestFinished(() => context.close())
  const page = await context.newPage()
  page.on('pageerror', ({ message }) => errors.push(message))
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) errors.push(message.text())
  })
  await page.goto(url)
  if (options.javaScriptEnabled !== false) await page.locator('#status:not(:empty)').waitFor({ state: 'attached' })
  return page
}

/** The page as it was built, served as files and no more: without the example unless the query asks for it */
export async function visitStatic(options: BrowserContextOptions = {}, query = '?example=off'): Promise<Page> {
  server ??= await preview({ preview: { port: 0 }, logLevel: 'silent' })
  return visit(`${server.resolvedUrls!.local[0]!}${query}`, options)
}

/** Waits until so many characters were learned */
export async function learned(page: Page, characters: number): Promise<void> {
  await page.locator('#read', { hasText: new RegExp(`^${characters.toLocaleString('en')} characters$`) }).waitFor()
}

/** What the page expects next, likeliest first */
export function expected(page: Page): Promise<string> {
  return page
    .locator('#next li:not(.absent)')
    .allInnerTexts()
    .then((rows) => rows.join(' '))
}
