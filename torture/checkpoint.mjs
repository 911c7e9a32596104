/**
 * Kills `rxrnn watch -f --checkpoint` with SIGKILL at random moments while its file grows and rotates, and holds what is left against a run that nothing
 * stopped: the digest must be the same, no line may be missing, and none be learned twice (a line's event says the same whenever it is printed).
 *
 *     npm run torture:checkpoint -- [--kills 200] [--seed 1] [--rotate 0.02]
 */
import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Random } from 'rxrnn'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' }, rotate: { type: 'string', default: '0.02' } },
})
const kills = Number(values.kills)
const random = new Random(Number(values.seed))
const folder = mkdtempSync(join(tmpdir(), 'rxrnn-torture-'))
const log = join(folder, 'app.log')
const state = join(folder, 'state')
const main = join(import.meta.dirname, '../dist/command/main.js')
const MODEL = ['--hidden', '12', '--ngram', '3', '--table-bits', '8']

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
let text = ''
let rotations = 0

/** Some lines in two pieces, cut anywhere, now and then into a new file */
function write() {
  const piece = Array.from(
    { length: 1 + (random.next() % 4) },
    () => `${1000 + (random.next() % 9000)} user-${random.next() % 7} größer 😀 ${random.next() % 3}\n`,
  )
  const bytes = Buffer.from(piece.join(''))
  const cut = random.next() % bytes.length
  appendFileSync(log, bytes.subarray(0, cut))
  appendFileSync(log, bytes.subarray(cut))
  text += piece.join('')
  if (random.uniform() < Number(values.rotate)) {
    rotations += 1
    renameSync(log, `${log}.${String(rotations).padStart(6, '0')}`)
    writeFileSync(log, '')
  }
}

function watch(file, directory, seen) {
  const child = spawn(process.execPath, [main, 'watch', '-f', file, '--checkpoint', directory, '--checkpoint-every', '0.05', '--json', ...MODEL], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    for (const line of lines) see(JSON.parse(line), seen)
  })
  child.stderr.setEncoding('utf8').on('data', (chunk) => (child.notes = (child.notes ?? '') + chunk))
  child.ended = new Promise((resolve) => child.once('close', resolve))
  return child
}

const faults = []

function see(event, seen) {
  const before = seen.get(event.offset)
  if (before === undefined) seen.set(event.offset, event)
  else if (before.text !== event.text || before.bits !== event.bits) faults.push(`the line at ${event.offset} was learned in two ways`)
}

/** Waits until the last line was seen, then stops with SIGTERM; returns the digest of the newest checkpoint */
async function finish(child, directory, seen) {
  const end = Array.from(text).length
  for (let waited = 0; !seen.has(end); waited += 20) {
    if (waited > 60_000) throw new Error(`the last line was not seen within a minute: ${child.notes}`)
    await sleep(20)
  }
  child.kill('SIGTERM')
  const code = await child.ended
  if (code !== 143) faults.push(`it ended with ${code} after SIGTERM: ${child.notes}`)
  const newest = readdirSync(directory)
    .filter((name) => name.endsWith('.safetensors'))
    .sort()
    .at(-1)
  const { stdout, stderr } = spawnSync(process.execPath, [main, 'inspect', '--json', join(directory, newest)], { encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  const { digest, offset } = JSON.parse(stdout)
  if (offset !== end) faults.push(`the last checkpoint is of character ${offset}, not ${end}`)
  return digest
}

/** Until it has learned a line and saved: no file may go before it was begun. Says how long that takes on this machine. */
async function begin() {
  const start = performance.now()
  writeFileSync(log, 'the first line\n')
  text = 'the first line\n'
  const child = watch(log, state, seen)
  const isSaved = () => existsSync(state) && readdirSync(state).some((name) => name.endsWith('.safetensors'))
  while (!isSaved()) {
    if (performance.now() - start > 60_000) throw new Error(`nothing was saved within a minute: ${child.notes}`)
    await sleep(5)
  }
  const took = performance.now() - start
  child.kill('SIGKILL')
  await child.ended
  return took
}

const seen = new Map()
const startUp = await begin()
let killed = 1
while (killed < kills) {
  const child = watch(log, state, seen)
  const until = performance.now() + startUp * (0.3 + 1.7 * random.uniform())
  while (performance.now() < until) {
    write()
    await sleep(random.next() % 15)
  }
  child.kill('SIGKILL')
  await child.ended
  killed += 1
  if (killed % 10 === 0) console.error(`${killed} kills, ${rotations} rotations, ${seen.size} lines seen`)
}
write()
const digest = await finish(watch(log, state, seen), state, seen)

const whole = join(folder, 'whole.log')
writeFileSync(whole, text)
const straight = new Map()
const expected = await finish(watch(whole, join(folder, 'straight'), straight), join(folder, 'straight'), straight)
if (digest !== expected) faults.push(`the digest is ${digest}, but ${expected} without a kill`)
for (const [offset, event] of straight) {
  const found = seen.get(offset)
  if (found === undefined) faults.push(`the line at ${offset} was lost: ${event.text}`)
  else if (found.bits !== event.bits || found.text !== event.text) faults.push(`the line at ${offset} was scored in another way`)
}
for (const offset of seen.keys()) if (!straight.has(offset)) faults.push(`the line at ${offset} does not exist`)
rmSync(folder, { recursive: true })
console.log(
  JSON.stringify({ kills: killed, rotations, lines: straight.size, characters: Array.from(text).length, digest, faults: faults.slice(0, 20) }),
)
process.exit(faults.length === 0 ? 0 : 1)
