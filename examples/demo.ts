/**
 * The demonstration behind `npm run demo`: the log of a shop, learned as it comes, with comments. Elsewhere than on a terminal it prints the alerts.
 *
 * --speed N   how many times as fast (1)
 */
import { execFileSync, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { speed: { type: 'string', default: '1' } } })
const speed = Number(values.speed)

const rxrnn = createRequire(import.meta.url).resolve('rxrnn/cli')
const serviceLog = fileURLToPath(import.meta.resolve('./service-log.js'))
// with this seed the first faults come early
const lines = execFileSync(process.execPath, [serviceLog, '--lines', '4000', '--seed', '36'], { encoding: 'utf8' }).trimEnd().split('\n')

/** Lines that are read at the start, to show how much surprises then */
const FIRST = 6
/** Lines around a fault that come slowly */
const AROUND = 3
const isFault = (line = '') => /ERROR|FATAL|WARN|\d{4}ms/.test(line)
const firstFault = lines.findIndex(isFault)

/** Seconds after a line */
function pauseAfter(i: number): number {
  if (i < FIRST) return 0.5
  if (i < firstFault - AROUND) return 0
  if (isFault(lines[i])) return 5
  return lines.slice(i, i + AROUND).some(isFault) ? 1 : 0.25
}

const secondFault = lines.findIndex((line, i) => i > firstFault && isFault(line))
const slow = lines.findIndex((line) => /\d{4}ms/.test(line))

/** What is said before a line, at its place; rxrnn learns nothing of comments */
const COMMENTS: ReadonlyMap<number, readonly string[]> = new Map([
  [0, ['The log of a shop, read for the first time: nothing was trained.', 'What surprises has a colour. Now everything does:']],
  [FIRST, [`${firstFault - AROUND - FIRST} lines later ...`]],
  [firstFault - AROUND, ['It knows this log now: new ids and durations hardly surprise any more.']],
  [firstFault + 1, ['▶ marks an alert, and the line below it says why.', 'Nobody wrote a pattern for it.']],
  [secondFault + 1, ['Another one. Is it news to you? k chooses it, + says useful, - says noise.']],
  [slow + 1, ['No word such as ERROR here: it took seconds, and the others milliseconds.', 'On your own log:  tail -n 1000 -F app.log | npx rxrnn']],
])

async function tell(write: (line: string) => void): Promise<void> {
  for (const [i, line] of lines.entries()) {
    for (const comment of COMMENTS.get(i) ?? []) {
      write(`# ${comment}`)
      await setTimeout(1500 / speed)
    }
    write(line)
    if (pauseAfter(i) > 0) await setTimeout((1000 * pauseAfter(i)) / speed)
  }
}

const terminal = process.stdout.isTTY
const learner = spawn(process.execPath, [rxrnn, ...(terminal ? ['--ignore', '^#'] : ['--only-alerts', '--explain', '--summary'])], {
  stdio: ['pipe', 'inherit', 'inherit'],
})
learner.stdin.on('error', () => {})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => learner.kill(signal))
learner.on('exit', (code) => process.exit(code === 130 ? 0 : (code ?? 1)))

if (terminal) await tell((line) => learner.stdin.write(`${line}\n`))
else learner.stdin.write(`${lines.slice(0, 1000).join('\n')}\n`)
learner.stdin.end()
