import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Aedes } from 'aedes'
import { connectAsync } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Finished, rxrnn, runNode } from '../cli/run.ts'
import { Terminal } from '../cli/tmux.ts'
import { TMUX, testWithPeer } from '../peers.ts'

const EXAMPLES = join(import.meta.dirname, '../../dist/examples')
const DEADLOCK = 'ERROR db-1 deadlock detected, transaction 5208 rolled back'

const folder = mkdtempSync(join(tmpdir(), 'rxrnn-examples-'))
let log = ''

beforeAll(async () => {
  log = await printed('service-log', ['--lines', '1900'])
})
afterAll(() => rmSync(folder, { recursive: true }))

function example(name: string, args: readonly string[] = [], input = ''): Promise<Finished> {
  return runNode(join(EXAMPLES, `${name}.js`), args, input)
}

/** What an example prints that ends well */
async function printed(name: string, args: readonly string[] = [], input = ''): Promise<string> {
  const { code, stdout, stderr } = await example(name, args, input)
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return stdout
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').slice(0, -1)
}

describe('the demonstration', { timeout: 60_000 }, () => {
  testWithPeer(...TMUX, 'shows a fault and explains it on one screen of 80 by 24', async () => {
    const terminal = new Terminal(['--speed', '5'], { program: join(EXAMPLES, 'demo.js'), typed: true, rows: 24 })
    const rows = await terminal.until((found) => found.some((row) => row.includes('Nobody wrote a pattern')))
    terminal.close()
    const at = rows.findIndex((row) => row.startsWith('▶'))
    expect(rows[at]).toMatch(/^▶ [\d:]+ FATAL web-2 out of memory/)
    expect(rows[at + 1]).toMatch(/^╰ the new word/)
    expect(rows[at + 2]).toMatch(/^ {2}# ▶ marks an alert/)
  })

  test('prints the alerts where there is no terminal, and ends', async () => {
    const { code, stdout } = await example('demo')
    expect(code).toBe(0)
    expect(stdout).toMatch(/FATAL web-2 out of memory: heap limit 512 MB reached\n {4}the new word/)
  })
})

describe.concurrent('the example', () => {
  test('log prints the lines that stand out, and where they do', async () => {
    const alerts = linesOf(await printed('log', [], log))
    expect(alerts).toContainEqual(expect.stringMatching(/^\d+\.\d% {2}\S+ FATAL web-\d out of memory: heap limit 512 MB reached$/))
    expect(alerts.filter((line) => /^\d/.test(line)).length).toBeLessThan(0.02 * linesOf(log).length)
  })

  test('webhook posts what stands out, one at a time, and again when the hook has failed', async () => {
    const posted: string[] = []
    let open = 0
    let most = 0
    const hook = createServer((request, response) => {
      most = Math.max(most, (open += 1))
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        posted.push(body)
        open -= 1
        response.writeHead(posted.length === 1 ? 503 : 200).end()
      })
    })
    await once(hook.listen(0, '127.0.0.1'), 'listening')
    const sent = linesOf(await printed('webhook', [`http://127.0.0.1:${portOf(hook)}/`], log))
    hook.close()
    const [refused, ...taken] = posted.map((body): Record<string, unknown> => JSON.parse(body))
    expect(refused).toEqual(taken[0])
    expect(taken.map(({ type, alert }) => [type, alert])).toEqual(taken.map(() => ['line', true]))
    expect(taken.map(({ text }) => `sent: ${String(text)}`)).toEqual(sent)
    expect(sent).toContainEqual(expect.stringContaining(DEADLOCK))
    expect(most).toBe(1)
  })

  test('webhook says how it is used', async () => {
    expect(await example('webhook')).toMatchObject({ code: 2, stderr: 'usage: node dist/examples/webhook.js URL < app.log\n' })
  })

  test('two-clients tells one client what the other one taught', async () => {
    const [ann, ben, eve] = linesOf(await printed('two-clients'))
    expect(ann).toBe('Ann wrote 7400 characters.')
    expect(ben).toMatch(/^Ben writes "the ferry leaves the har" and is told to expect "b" at ([5-9]\d|100)%\.$/)
    expect(eve).toMatch(/^Eve writes the same to another model, which expects "[^b]" at \d+%\.$/)
  })

  test('optimizer learns with an optimizer of its own, and without it as the command does', async () => {
    const text = join(folder, 'optimizer.log')
    const beginning = log.slice(0, 10_000)
    writeFileSync(text, beginning)
    const evaluated = await rxrnn(['evaluate', '--preset', 'min-char-rnn', '--optimizer', 'sgd', '--alphabet', 'bytes', '--json', text])
    const { bitsPerCharacter }: Record<string, unknown> = JSON.parse(evaluated.stdout)
    const [sgd, lookahead] = linesOf(await printed('optimizer', [], beginning))
    expect(sgd).toBe(`sgd: ${Number(bitsPerCharacter).toFixed(3)} bits per character`)
    expect(lookahead).toMatch(/^lookahead: \d\.\d{3} bits per character$/)
    expect(lookahead).not.toBe(sgd?.replace('sgd', 'lookahead'))
  })

  test('mqtt learns from a broker of its own', async () => {
    expect(await printed('mqtt', [], log)).toContain(DEADLOCK)
  })

  test('mqtt learns from the broker that it is told', async ({ onTestFinished }) => {
    const broker = await Aedes.createBroker()
    const server = createTcpServer(broker.handle)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = `mqtt://127.0.0.1:${portOf(server)}`
    const subscribed = once(broker, 'subscribe')
    const learner = spawn(process.execPath, [join(EXAMPLES, 'mqtt.js'), address, 'services/+'])
    onTestFinished(() => void learner.kill())
    await subscribed
    const publisher = await connectAsync(address)
    for (const line of linesOf(log)) await publisher.publishAsync('services/shop', line, { qos: 1 })
    const alerts: string[] = []
    for await (const chunk of learner.stdout.setEncoding('utf8')) {
      alerts.push(String(chunk))
      if (alerts.join('').includes(DEADLOCK)) learner.kill()
    }
    await publisher.endAsync()
    broker.close(() => server.close())
    expect(alerts.join('')).toContain(DEADLOCK)
  })

  test('keyed resumes where its folder says, and gives each key what it gives in one go', async () => {
    const half = log.indexOf('\n', log.length / 2) + 1
    const inOneGo = await printed('keyed', [join(folder, 'one')], log)
    const first = await printed('keyed', [join(folder, 'two')], log.slice(0, half))
    const second = await printed('keyed', [join(folder, 'two')], log.slice(half))
    expect(linesOf(first + second).toSorted()).toEqual(linesOf(inOneGo).toSorted())
    expect(inOneGo).toContain(`db-1    08:31:31 ${DEADLOCK}\n`)
  })

  test('resume is killed, and comes to what nothing stopped', async () => {
    const lines = linesOf(await printed('resume'))
    const [end, whole] = lines.slice(-2)
    const kills = lines.slice(0, -2)
    expect(kills.length).toBeGreaterThan(0)
    for (const kill of kills) expect(kill).toMatch(/^started at character \d+, killed at \d+$/)
    expect(Number(/\d+/.exec(end!)?.[0])).toBeGreaterThan(0)
    expect(end).toMatch(/^started at character \d+, came to the end: [0-9a-f]{64}$/)
    expect(whole).toBe(`never stopped: ${end!.slice(-64)}`)
  })

  test('notebook prints the figures of the notebook', async () => {
    const notebook: Record<string, Record<string, unknown>> = JSON.parse(readFileSync(new URL('../fixtures/notebook.json', import.meta.url), 'utf8'))
    const figures = figuresOf(await printed('notebook'))
    const { forward, loss, backward } = notebook
    const wanted: Record<string, unknown> = { ...forward, loss: loss?.['nats'], ...backward }
    const compared = ['h', 'y', 'p', 'loss', 'dy', 'dWhy', 'dby', 'dh', 'dhraw', 'dbh', 'dhnext', 'dWxh', 'dWhh']
    expect([...figures.keys()]).toEqual(compared)
    for (const name of compared) {
      const { value, times } = figureOf(wanted[name])
      const ours = figures.get(name)!.map((number) => times * number)
      expect(ours.length, name).toBe(value.length)
      // a matrix that is printed a row a symbol has the same numbers in another order
      const sorted = (numbers: readonly number[]) => (name === 'dWxh' ? numbers.toSorted((a, b) => a - b) : numbers)
      sorted(ours).forEach((number, i) => expect(Math.abs(number - sorted(value)[i]!), name).toBeLessThanOrEqual(name === 'dWxh' ? 2e-7 : 1e-8))
    }
  })
})

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen')
  return address.port
}

/** Each name that stands at the start of a line, with the numbers on the indented lines that follow */
function figuresOf(text: string): ReadonlyMap<string, readonly number[]> {
  const figures = new Map<string, number[]>()
  let numbers: number[] = []
  for (const line of linesOf(text)) {
    if (line.startsWith(' ')) numbers.push(...line.trim().split(/\s+/).map(Number))
    else figures.set(/^\w+/.exec(line)![0], (numbers = []))
  }
  return figures
}

/** The numbers of a figure, and how often the notebook had added them up */
function figureOf(figure: unknown): { readonly value: readonly number[]; readonly times: number } {
  if (typeof figure === 'object' && figure !== null && 'accumulatedTimes' in figure && 'value' in figure) {
    return { value: [figure.value].flat(2).map(Number), times: Number(figure.accumulatedTimes) }
  }
  return { value: [figure].flat(2).map(Number), times: 1 }
}
