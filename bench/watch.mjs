/**
 * A long log through `watch`: its speed against `evaluate` of the same file (processor time, which other work on the machine hardly changes), its memory
 * over time, and whether all of it comes out. Linux only. One JSON line.
 *
 *     node bench/watch.mjs [--megabytes 50]
 */
import { spawn } from 'node:child_process'
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { serviceLog } from './faults.mjs'

const { values } = parseArgs({ options: { megabytes: { type: 'string', default: '50' } } })
const main = new URL('../dist/command/main.js', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'rxrnn-bench-'))
const log = join(folder, 'service.log')

const lines = await writeLog(Number(values.megabytes) * 1e6)
const evaluate = await measured(['evaluate', log, '--json', '-q'], join(folder, 'evaluate'))
const events = await measured(['--json', log], join(folder, 'events'))
const passed = await measured([log], join(folder, 'passed'))
const { charactersPerSecond: _, ...result } = JSON.parse(readFileSync(join(folder, 'evaluate'), 'utf8'))
console.log(
  JSON.stringify({
    bytes: statSync(log).size,
    lines,
    bitsPerCharacter: result.bitsPerCharacter,
    evaluate,
    json: { ...events, ofEvaluate: evaluate.processorSeconds / events.processorSeconds, complete: await sameText(join(folder, 'events')) },
    passThrough: { ...passed, ofEvaluate: evaluate.processorSeconds / passed.processorSeconds, complete: sameBytes(join(folder, 'passed')) },
  }),
)
rmSync(folder, { recursive: true })

/** Logs of several services, one after the other; returns how many lines */
async function writeLog(bytes) {
  const file = createWriteStream(log)
  let [written, count] = [0, 0]
  for (let seed = 1; written < bytes; seed++) {
    const lines = serviceLog(seed, 50_000)
    const text = lines.map((line) => `${line}\n`).join('')
    written += Buffer.byteLength(text)
    count += lines.length
    file.write(text)
  }
  file.end()
  await new Promise((resolve) => file.on('close', resolve))
  return count
}

async function measured(args, output) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  child.stdout.pipe(createWriteStream(output))
  const memory = []
  let processorSeconds = 0
  const timer = setInterval(() => {
    try {
      const [utime, stime] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).map(Number)
      processorSeconds = (utime + stime) / 100
      memory.push(Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1000))
    } catch {
      // it has just ended
    }
  }, 200)
  const start = performance.now()
  await new Promise((resolve) => child.on('close', resolve))
  clearInterval(timer)
  const quarters = [0.25, 0.5, 0.75, 1].map((share) => memory[Math.floor(share * (memory.length - 1))])
  return { seconds: Math.round(performance.now() - start) / 1000, processorSeconds, residentMegabytes: { quarters, most: Math.max(...memory) } }
}

async function sameText(output) {
  const [expected, found] = [log, output].map((path) => createInterface({ input: createReadStream(path) })[Symbol.asyncIterator]())
  for (;;) {
    const [a, b] = [await expected.next(), await found.next()]
    if (a.done || b.done) return a.done === b.done
    if (JSON.parse(b.value).text !== a.value) return false
  }
}

function sameBytes(output) {
  return Buffer.compare(readFileSync(log), readFileSync(output)) === 0
}
