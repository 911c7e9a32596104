import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { createModel, digest, Learner } from 'rxrnn'
import { afterAll, describe, expect, test } from 'vitest'
import notebook from '../fixtures/notebook.json' with { type: 'json' }
import { CHROMIUM, testWithPeer } from '../peers.ts'
import { closeBrowser, expected, learned, takeErrors, visitStatic } from './chromium.ts'
import { lineOf } from './log.ts'

afterAll(closeBrowser)

const BUILT = join(import.meta.dirname, '../../dist/dashboard')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TEXT = 'the quick brown fox jumps over the lazy dog; größer 😀\n'.repeat(20)
const WRITTEN = Array.from(TEXT).length

const testInChromium = (fact: string, run: () => Promise<void>) => testWithPeer(...CHROMIUM, fact, run)

/** What axe-core finds, by rule and place */
async function violations(page: Page): Promise<readonly string[]> {
  // the policy of the page keeps scripts out, but not the debugger
  await page.evaluate(axe)
  return page.evaluate<readonly string[]>(
    'axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)))',
  )
}

describe('the page without a server', () => {
  testInChromium('learns in a worker, to the digest that Node comes to', async () => {
    const page = await visitStatic()
    await page.selectOption('#preset', 'small')
    await page.fill('#box', TEXT)
    await learned(page, WRITTEN)
    await page.click('summary')
    await page.click('#digest')
    await page.locator('#digest-value:not(:empty)').waitFor()
    const learner = new Learner(createModel({ preset: 'small' }))
    learner.learn(TEXT)
    expect(await page.textContent('#digest-value')).toBe(digest(learner.model))
    expect(takeErrors()).toEqual([])
  })

  testInChromium('predicts anew after every key', async () => {
    const page = await visitStatic()
    await page.fill('#box', TEXT)
    await learned(page, WRITTEN)
    const seen: string[] = []
    for (const [i, key] of Array.from('the').entries()) {
      await page.locator('#box').press(key)
      await learned(page, WRITTEN + i + 1)
      seen.push(await expected(page))
    }
    expect(new Set(seen).size).toBe(3)
    expect(seen[0]).toMatch(/^h\s/)
    expect(seen[1]).toMatch(/^e\s/)
  })

  testInChromium('learns nothing again when a character is deleted', async () => {
    const page = await visitStatic()
    await page.locator('#box').pressSequentially('hello')
    await page.locator('#box').press('Backspace')
    await page.locator('#box').press('p')
    await learned(page, 6)
  })

  testInChromium('is held, steps a character or to the next update, and continues', async () => {
    const page = await visitStatic()
    await page.click('summary')
    await page.click('#pause')
    await page.fill('#box', TEXT)
    await page.click('#next-character')
    await learned(page, 1)
    await page.click('#next-character')
    await learned(page, 2)
    expect(await page.textContent('#pipeline')).toContain('h has index 2 (0 to 2)')
    expect(await page.textContent('#progress')).toBe('next update in 24 characters')
    await page.click('#next-update')
    await learned(page, 26)
    const pipeline = await page.textContent('#pipeline')
    expect(pipeline).toContain('update 1,')
    // all stages are at the same step: that of the last pair
    expect(pipeline).toContain('pair 25 of 25: s \u2192 space')
    expect(pipeline).toContain('p(space) = exp')
    await page.click('#pause')
    await learned(page, WRITTEN)
    expect(await page.textContent('#progress')).toBe('')
  })

  testInChromium('waits for the text that an update needs, and then makes it', async () => {
    const page = await visitStatic()
    await page.click('#pause')
    await page.fill('#box', 'the quick ')
    await page.click('#next-update')
    await page.locator('#progress', { hasText: /^waiting for 16 more characters$/ }).waitFor()
    await page.locator('#box').pressSequentially('brown fox jumps over the lazy dog')
    await learned(page, 26)
    expect(await page.textContent('#progress')).toBe('next update in 25 characters')
    expect(await page.textContent('#window-summary')).toMatch(/^It learned the 25 characters: [\d.]+ bits when read, [\d.]+ bits now\.$/)
  })

  testInChromium('shows the characters of a window before and after its update, by the keyboard too', async () => {
    const page = await visitStatic()
    await page.click('#pause')
    await page.fill('#box', TEXT)
    for (let update = 1; update <= 8; update++) {
      await page.click('#next-update')
      await learned(page, 1 + 25 * update)
    }
    const columns = await page.locator('#window b').allTextContents()
    expect(columns.join('')).toBe(Array.from(TEXT).slice(176, 201).join('').replaceAll(' ', '\u2423').replaceAll('\n', '\u23ce'))
    const [before = 0, after = 0] = (await page.locator('#window-summary strong').allTextContents()).map(Number.parseFloat)
    expect(after).toBeLessThan(before)
    // the summary is of those that were learned
    const lessons = await page.locator('#window .lesson').count()
    expect(await page.textContent('#window-summary')).toMatch(new RegExp(`^It learned the ${lessons} `))
    await page.focus('#window')
    await page.keyboard.press('End')
    await page.keyboard.press('ArrowLeft')
    const name = columns.at(-2)!.replace('\u2423', 'space')
    expect(await page.textContent('#window-note')).toMatch(new RegExp(`^${name}: [\\d.]+ bits when read, [\\d.]+ after the update\\.$`))
  })

  testInChromium('looks into the weights, their gradients and the units, by the keyboard too', async () => {
    const page = await visitStatic()
    await page.click('summary')
    await page.selectOption('#preset', 'min-char-rnn')
    await page.fill('#box', TEXT)
    await learned(page, WRITTEN)
    const weights = page.getByRole('application', { name: /^Wxh/ })
    await weights.focus()
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key)
    // symbol 2 is the second character of the text
    expect(await page.textContent('#tensors-note')).toMatch(/^Wxh, from t to unit 0: .*$|^Wxh, from t to unit 1: weight .*gradient .* moved it by/)
    await weights.hover({ position: { x: 2, y: 2 } })
    expect(await page.textContent('#tensors-note')).toMatch(/^Wxh, from new characters to unit 0: weight/)
    await page.click('#show-gradients')
    expect(await page.getAttribute('#show-gradients', 'aria-pressed')).toBe('true')
    const units = page.getByRole('application', { name: /^The hidden state/ })
    await units.focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    expect(await page.textContent('#units-note')).toMatch(/^Unit 1 is at \u2212?[\d.]+\./)
    await page.keyboard.press('Enter')
    expect(await page.locator('#text span:is(.u0, .u1, .u2, .u3, .u5, .u6, .u7, .u8)').count()).toBeGreaterThan(10)
    expect(await page.locator('#text span.s0').count()).toBe(0)
    await page.selectOption('#shade', 'by surprise')
    expect(await page.locator('#text span.s0').count()).toBeGreaterThan(0)
  })

  testInChromium('shows the figures of the notebook', async () => {
    const page = await visitStatic()
    await page.selectOption('#preset', 'notebook')
    await learned(page, 2)
    const pipeline = page.locator('#pipeline', { hasText: 'update 1,' })
    const shown = ((await pipeline.textContent()) ?? '').replaceAll('\u2212', '-')
    const { forward, loss, backward } = notebook
    for (const figure of [...forward.h, ...forward.y, ...forward.p, loss.nats, ...backward.dy]) {
      const numbers = Array.from(shown.matchAll(/-?\d+\.\d{8}/g), ([number]) => Number(number))
      expect(numbers.some((number) => Math.abs(number - figure) < 1.5e-8)).toBe(true)
    }
    expect(await page.locator('#next li:not(.absent)').allInnerTexts()).toHaveLength(4)
    await page.click('#next-update')
    await learned(page, 3)
  })

  testInChromium('begins by itself, with a log whose fault it finds and explains', async () => {
    const page = await visitStatic({}, '')
    expect(await page.textContent('#lead')).toMatch(/^A neural network reads a log for the first time\./)
    await page.click('#faster')
    await page.locator('#alerts li', { hasText: 'deadlock detected' }).first().waitFor()
    const alert = page.locator('#alerts li', { hasText: 'deadlock detected' }).last()
    expect(await alert.innerText()).toContain('new word "ERROR"')
    // coloured, however little of the flood was shown
    expect(await alert.locator('.line span:not(.s0)').count()).toBeGreaterThan(0)
    await page.fill('#box', 'x')
    expect(await page.getAttribute('#example', 'aria-pressed')).toBe('false')
    expect(await page.getAttribute('#faster', 'aria-pressed')).toBe('false')
  })

  testInChromium('keeps every pane where it is while text comes', async () => {
    const page = await visitStatic({ viewport: { width: 1280, height: 800 } })
    const places = () => page.locator('section, #next li, #box').evaluateAll((all) => all.map((one) => JSON.stringify(one.getBoundingClientRect())))
    const before = await places()
    await page.fill('#box', TEXT)
    await learned(page, WRITTEN)
    await page.click('#pause')
    await page.click('#next-character')
    expect(await places()).toEqual(before)
  })

  testInChromium('learns a file that is opened', async () => {
    const page = await visitStatic()
    await page.setInputFiles('#file', { name: 'log.txt', mimeType: 'text/plain', buffer: Buffer.from(TEXT) })
    await learned(page, WRITTEN)
    expect(await page.textContent('#box-note')).toBe('Has read log.txt: 20 lines.')
  })

  testInChromium('says of a character by the keyboard alone', async () => {
    const page = await visitStatic()
    await page.fill('#box', 'abcabcabc')
    await learned(page, 9)
    await page.focus('#text')
    await page.keyboard.press('End')
    await page.keyboard.press('ArrowLeft')
    expect(await page.textContent('#inspector')).toMatch(/^b: [\d.]+ bits\. Expected .*%/)
  })

  testInChromium('shows hostile text and does nothing that it says', async () => {
    const page = await visitStatic()
    const hostile = '<script>globalThis.hacked = 1</script><img src=x onerror="hacked = 1">\x1b[31mred\u202eevil\u2066\u0000\n'
    await page.setInputFiles('#file', { name: 'hostile', mimeType: 'text/plain', buffer: Buffer.from(hostile) })
    // of an escape sequence nothing is learned
    await learned(page, hostile.length - '\x1b[31m'.length)
    const shown = (await page.textContent('#text')) ?? ''
    expect(shown).toContain('<script>')
    expect(shown).toContain('red<202E>evil<2066>\u2400')
    // oxlint-disable-next-line no-control-regex
    expect(shown).not.toMatch(/[\x00\x1b\u202e\u2066]/)
    expect(await page.locator('#text script, #text img, #alerts script, #samples script').count()).toBe(0)
    expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false)
    expect(takeErrors()).toEqual([])
  })

  testInChromium('shows the end of a line of a megabyte, and continues answering', async () => {
    const page = await visitStatic()
    await page.selectOption('#preset', 'small')
    await page.setInputFiles('#file', { name: 'long', mimeType: 'text/plain', buffer: Buffer.from('xy'.repeat(1 << 19)) })
    await page.locator('#read', { hasText: /^\d{3},\d{3} characters$/ }).waitFor()
    expect(await page.locator('#text span').count()).toBeLessThanOrEqual(1000)
    await page.click('#pause')
    await page.locator('#pause', { hasText: 'Continue' }).waitFor()
    expect(await page.textContent('#text')).toMatch(/\u2026 [\d,]+ characters \u2026/)
  })

  testInChromium('compares the loss with gzip once the text is long enough, and draws how the vocabulary has grown', async () => {
    const page = await visitStatic()
    await page.click('summary')
    await page.fill('#box', TEXT)
    await learned(page, WRITTEN)
    await page.locator('#box').press('a')
    await learned(page, WRITTEN + 1)
    expect(await page.textContent('#loss-summary')).not.toContain('gzip')
    for (let i = 0; i < 2; i++) {
      await page.fill('#box', '')
      await page.fill('#box', TEXT)
      await learned(page, WRITTEN * (i + 2) + 1)
    }
    await page.locator('#box').press('a')
    await page.locator('#loss-summary', { hasText: /gzip of the same text \d\.\d\d$/ }).waitFor()
    expect(await page.locator('#chart polyline.second').getAttribute('points')).not.toBe('')
    expect(await page.getByRole('img', { name: 'vocabulary' }).locator('polyline').getAttribute('points')).toMatch(/^0,.* 1000,/)
  })

  testInChromium('explains the lines that stand out', async () => {
    const page = await visitStatic()
    const routine = Array.from({ length: 600 }, (_, i) => `worker ${i % 7} started job ${i % 3} ok\n`).join('')
    const log = Buffer.from(`${routine}worker 3 restarted job 1 ok\n`)
    await page.setInputFiles('#file', { name: 'log.txt', mimeType: 'text/plain', buffer: log })
    await learned(page, log.length)
    const alert = page.locator('#alerts li', { hasText: 'restarted' })
    expect(await alert.innerText()).toMatch(/The new word "restarted": first of its kind in [\d,]+ lines/)
    expect(await alert.innerText()).toMatch(/After \u201cworker 3 \u201d it expected s \d+%.*, but r came\./)
    expect(await alert.innerText()).toMatch(/Usual: worker \d started job/)
  })

  testInChromium('learns from ten clicks which lines a reader wants to see, and keeps the others quiet', async () => {
    const page = await visitStatic()
    await page.selectOption('#preset', 'small')
    const lines = Array.from({ length: 2500 }, (_, i) => lineOf(i))
    const feed = async (from: number, to: number) => {
      const log = Buffer.from(lines.slice(from, to).join(''))
      await page.setInputFiles('#file', { name: 'log.txt', mimeType: 'text/plain', buffer: log })
      await learned(page, lines.slice(0, to).join('').length)
    }
    const alerts = page.locator('#alerts li:not(.note)')
    await feed(0, 2000)
    for (let i = 0; i < 10; i++) {
      const alert = alerts.nth(i)
      const opinion = (await alert.innerText()).includes('report error') ? 'Noise' : 'Useful'
      await alert.getByRole('button', { name: opinion }).click()
      expect(await alert.locator('.verdicts').innerText()).toContain(opinion === 'Noise' ? 'rank lower' : 'rank higher')
    }
    const seen = await page.locator('#alerts li', { hasText: 'report error' }).count()
    // while somebody is at the list, new ones wait
    await feed(2000, 2500)
    await page.locator('#new-alerts').click()
    await page.locator('#quiet', { hasText: /^\d lines kept quiet because you said noise \d times to lines like "report error: nobody/ }).waitFor()
    expect(await page.locator('#alerts li', { hasText: 'report error' }).count()).toBeLessThanOrEqual(seen)
    expect(await alerts.first().innerText()).toContain('disk sda')
    expect(takeErrors()).toEqual([])
  })

  testInChromium('takes verdicts by the keyboard, and takes them back', async () => {
    const page = await visitStatic()
    await page.selectOption('#preset', 'small')
    const log = Array.from({ length: 1200 }, (_, i) => lineOf(i)).join('')
    await page.setInputFiles('#file', { name: 'log.txt', mimeType: 'text/plain', buffer: Buffer.from(log) })
    await learned(page, log.length)
    const alerts = page.locator('#alerts li:not(.note)')
    await page.focus('#alerts')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('-')
    const noise = alerts.nth(1).getByRole('button', { name: 'Noise' })
    expect(await noise.getAttribute('aria-pressed')).toBe('true')
    await page.keyboard.press('+')
    expect(await noise.getAttribute('aria-pressed')).toBe('false')
    expect(await alerts.nth(1).getByRole('button', { name: 'Useful' }).getAttribute('aria-pressed')).toBe('true')
    await page.keyboard.press('+')
    expect(await page.locator('#alerts [aria-pressed=true]').count()).toBe(0)
  })

  testInChromium('paints its shell without its script', async () => {
    const page = await visitStatic({ javaScriptEnabled: false })
    expect(await page.locator('h1').isVisible()).toBe(true)
    // the style is there, too
    expect((await page.locator('#text').boundingBox())?.height).toBeGreaterThan(200)
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    testInChromium(`has nothing that axe-core objects to, ${colorScheme}`, async () => {
      const page = await visitStatic({ colorScheme, reducedMotion: 'reduce' })
      expect(await violations(page)).toEqual([])
      await page.fill('#box', `${TEXT}ZQX${TEXT}`)
      await learned(page, 2 * WRITTEN + 3)
      await page.locator('#text span').last().hover()
      await page.click('summary')
      await page.locator('#tensors canvas').first().waitFor()
      expect(await violations(page)).toEqual([])
    })
  }

  testInChromium('fits into 360 pixels, the box and each picture on one screen', async () => {
    const page = await visitStatic({ viewport: { width: 360, height: 740 } })
    const box = await page.locator('#box').boundingBox()
    expect(box!.y + box!.height).toBeLessThan(740)
    await page.click('summary')
    await page.fill('#box', TEXT)
    await learned(page, WRITTEN)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
    await page.locator('#tensors canvas').first().waitFor()
    const heights = await page.locator('.grid').evaluateAll((grids) => grids.map((grid) => grid.getBoundingClientRect().height))
    expect(Math.max(...heights)).toBeLessThan(400)
  })

  test('weighs less than 110 kB, gzipped', () => {
    const files = readdirSync(BUILT, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('.'))
    const weight = files.reduce((sum, path) => sum + gzipSync(readFileSync(join(BUILT, path))).length, 0)
    expect(files.length).toBeGreaterThanOrEqual(3)
    expect(weight).toBeLessThan(110_000)
  })
})
