/**
 * The dashboard in Chromium, from `rxrnn serve` on loopback: how soon a new page paints, and what its frames cost while text streams in,
 * from a shared model that it watches and from a learner in the page that takes a file as fast as it can. A frame's interval
 * depends on the machine, which has to learn, serve and draw at once; what the page's own thread does a frame is told apart from that. One JSON line.
 *
 *     npm run build && node bench/dashboard.mjs [--pace 50000] [--seconds 8] [--pages 9] [--preset small]
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { Random } from 'rxrnn'
import { WebSocket } from 'ws'
import { logLine, percentile, sleep, startServer } from '../torture/served.mjs'

const { values } = parseArgs({
  options: {
    pace: { type: 'string', default: '50000' },
    seconds: { type: 'string', default: '8' },
    pages: { type: 'string', default: '9' },
    preset: { type: 'string', default: 'small' },
  },
})
const [pace, seconds, pages] = [values.pace, values.seconds, values.pages].map(Number)
const ARGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'
const WARM_UP = 2
const TICK = 20

/** Milliseconds until something is painted in a new page of a browser that runs, for each of some pages */
async function firstPaints(browser, url) {
  const paints = []
  for (let i = 0; i < pages; i++) {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(url)
    await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0)
    paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime))
    await context.close()
  }
  return paints
}

/** Sends lines at the pace until `end` is called */
async function feed(url) {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  await once(socket, 'open')
  const text = lines(1_000_000)
  const start = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - start) * pace) / 1000)
    if (socket.bufferedAmount > pace) return
    const from = sent % text.length
    socket.send(text.slice(from, from + due - sent))
    sent = due
  }, TICK)
  return () => {
    clearInterval(timer)
    socket.terminate()
    return (1000 * sent) / (performance.now() - start)
  }
}

/** What a page's frames took in so many seconds: what it did in each, by Chromium's own accounts, and how far they were apart */
async function frames(page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable')
  const metrics = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]))
  const before = await metrics()
  const shown = page.locator('#read')
  const count = async () => Number.parseInt((await shown.textContent()).replaceAll(',', ''), 10)
  const learned = await count()
  const times = await page.evaluate(
    (milliseconds) =>
      new Promise((resolve) => {
        const times = []
        const tick = (time) => {
          times.push(time)
          if (time - times[0] < milliseconds) requestAnimationFrame(tick)
          else resolve(times)
        }
        requestAnimationFrame(tick)
      }),
    seconds * 1000,
  )
  const after = await metrics()
  const intervals = times.slice(1).map((time, i) => time - times[i])
  const spent = (name) => round((1000 * (after[name] - before[name])) / intervals.length)
  return {
    perSecond: round((1000 * intervals.length) / (times.at(-1) - times[0])),
    interval: { p50: round(percentile(intervals, 0.5)), p95: round(percentile(intervals, 0.95)), max: round(percentile(intervals, 1)) },
    millisecondsAFrame: {
      task: spent('TaskDuration'),
      script: spent('ScriptDuration'),
      style: spent('RecalcStyleDuration'),
      layout: spent('LayoutDuration'),
    },
    nodes: after.Nodes,
    heapMegabytes: round(after.JSHeapUsedSize / 2 ** 20),
    charactersPerSecond: Math.round(((await count()) - learned) / seconds),
  }
}

/** So many characters of a log, or a line more */
function lines(characters) {
  const random = new Random(1)
  let text = ''
  while (text.length < characters) text += logLine(random)
  return text
}

function round(value) {
  return Number(value.toFixed(2))
}

const folder = mkdtempSync(join(tmpdir(), 'rxrnn-bench-'))
const server = await startServer(['--models', folder, '--preset', values.preset])
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS.split(' ') })
const url = server.at('/').replace(/^ws/, 'http')
const paints = await firstPaints(browser, url)
const end = await feed(server.at('/v1/learn/bench'))
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
await page.goto(`${url}?watch=bench&example=off`)
await sleep(WARM_UP * 1000)
const streaming = await frames(page)
const sent = end()
await sleep(500)
const idle = await frames(page)
await page.selectOption('#learner', { label: 'in this page' })
await page.selectOption('#preset', values.preset)
const log = join(folder, 'log.txt')
writeFileSync(log, lines(40_000_000))
await page.setInputFiles('#file', log)
await sleep(WARM_UP * 1000)
const inPage = await frames(page)
await browser.close()
await server.stop('SIGKILL')
rmSync(folder, { recursive: true })
console.log(
  JSON.stringify({
    program: 'rxrnn dashboard',
    version: `Chromium ${browser.version()}`,
    firstContentfulPaint: { median: round(percentile(paints, 0.5)), runs: paints.map(round) },
    pace: Math.round(sent),
    streaming,
    inPage,
    idle: { perSecond: idle.perSecond, interval: idle.interval, task: idle.millisecondsAFrame.task },
  }),
)
