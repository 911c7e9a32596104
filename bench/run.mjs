/**
 * Every program of the comparison on the same text and one pinned core, in turns, so that a noisy machine is noisy for all of them. Time is the processor's
 * time of the whole process: what other processes take of the core does not count.
 *
 *     npm run bench -- TEXTFILE [--hidden 64,100,128,256,512] [--rounds 5] [--seconds 1.5] [--core 1] [--python /usr/bin/python3]
 *
 * A first, short run of each program says how many characters it learns in --seconds. Prints a table, and writes results.json and chart.svg beside this file.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chart } from './chart.mjs'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    hidden: { type: 'string', default: '64,100,128,256,512' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.5' },
    core: { type: 'string', default: '1' },
    python: { type: 'string', default: '/usr/bin/python3' },
  },
})
const [text] = positionals
if (text === undefined) throw new Error('give the path of a text: npm run bench -- TEXTFILE')
const sizes = options.hidden.split(',').map(Number)
const rounds = Number(options.rounds)
const length = readFileSync(text, 'utf8').length
const here = import.meta.dirname
const temporary = mkdtempSync(join(tmpdir(), 'rxrnn-bench-'))
const pin = spawnSync('taskset', ['-c', options.core, 'true']).status === 0 ? ['taskset', '-c', options.core] : []

const peer = (name) => join(here, 'peers', name)
const ours = (mode) => ['node', join(here, 'rxrnn.mjs'), '--mode', mode]
const compiled = compile()

/** `trial`: how many characters the first, short run learns */
const PROGRAMS = [
  { name: 'C', trial: 50_000, command: [compiled], missing: compiled === undefined ? 'apt-get install gcc libc6-dev' : undefined },
  { name: 'rxrnn bare', trial: 50_000, command: ours('bare') },
  { name: 'rxrnn pipeline', trial: 50_000, command: ours('pipeline') },
  { name: 'rxrnn characters', trial: 25_000, command: ours('characters') },
  { name: 'rxrnn reference', trial: 2_500, command: ours('reference') },
  { name: 'NumPy', trial: 5_000, command: [options.python, peer('min_char_rnn.py')] },
  { name: 'NumPy float32', trial: 5_000, command: [options.python, peer('min_char_rnn.py'), '--dtype', 'float32'] },
  { name: 'PyTorch', trial: 5_000, command: [options.python, peer('torch_rnn.py')] },
  { name: 'TensorFlow.js wasm', trial: 500, command: ['node', join(here, 'peers/tfjs/simple_rnn.js')] },
]

/** How much faster one program is than another, and what was aimed at */
const RATIOS = [
  { name: 'pipeline / NumPy', of: 'rxrnn pipeline', to: 'NumPy', goal: 8 },
  { name: 'pipeline / PyTorch', of: 'rxrnn pipeline', to: 'PyTorch', goal: 12 },
  { name: 'pipeline / bare kernels', of: 'rxrnn pipeline', to: 'rxrnn bare', goal: 0.9 },
  { name: 'characters / pipeline', of: 'rxrnn characters', to: 'rxrnn pipeline', goal: 0.5 },
  { name: 'pipeline / C', of: 'rxrnn pipeline', to: 'C', goal: 0.4 },
]

/** The path of the compiled C program; undefined without a compiler */
function compile() {
  const program = join(temporary, 'min_char_rnn')
  const { error } = spawnSync('gcc', ['-O3', '-march=native', '-ffast-math', peer('min_char_rnn.c'), '-o', program, '-lm'], { stdio: 'inherit' })
  return error === undefined ? program : undefined
}

/** The JSON line that a program prints */
function run(command, given) {
  const [program, ...rest] = [...pin, ...command, text, ...given]
  const { status, stdout, stderr, error } = spawnSync(program, rest, { encoding: 'utf8', maxBuffer: 2 ** 24 })
  if (error !== undefined || status !== 0) throw new Error(`${command.join(' ')}: ${error?.message ?? stderr}`)
  return JSON.parse(stdout)
}

function learn({ command }, hidden, characters) {
  return run(command, ['--hidden', hidden, '--characters', Math.round(characters)].map(String))
}

/** Finds out how many characters each program learns in the given time; names those that cannot run */
function prepare(hidden) {
  return PROGRAMS.flatMap((program) => {
    if (missing.has(program.name)) return []
    const tried = program.missing === undefined ? learn(program, hidden, Math.max(200, (program.trial * 100) / hidden)) : program
    if (tried.missing !== undefined) {
      missing.set(program.name, tried.missing)
      console.log(`${program.name} is missing: ${tried.missing}`)
      return []
    }
    const characters = Math.min(length, Math.max(200, tried.charactersPerSecond * Number(options.seconds)))
    return [{ ...program, characters, version: tried.version, rates: [] }]
  })
}

function measure(hidden) {
  const programs = prepare(hidden)
  for (let round = 0; round < rounds; round++) {
    for (const program of programs) program.rates.push(learn(program, hidden, program.characters).charactersPerSecond)
  }
  const rates = new Map(programs.map((program) => [program.name, program.rates]))
  const ratios = RATIOS.filter(({ of, to }) => rates.has(of) && rates.has(to)).map(({ name, of, to, goal }) => ({
    name,
    goal,
    ...spread(rates.get(of).map((rate, round) => rate / rates.get(to)[round])),
  }))
  return {
    hidden,
    programs: programs.map(({ name, version, characters, rates }) => ({ name, version, characters: Math.round(characters), ...spread(rates) })),
    ratios,
  }
}

function latency() {
  const command = ['node', join(here, 'latency.mjs')]
  const results = Array.from({ length: rounds }, () => run(command, ['--hidden', '100', '--seconds', '5']).milliseconds)
  return Object.fromEntries(['p50', 'p99', 'p999'].map((share) => [share, spread(results.map((milliseconds) => milliseconds[share]))]))
}

function spread(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: sorted[sorted.length >> 1], min: sorted[0], max: sorted.at(-1) }
}

function row(name, { median, min, max }, digits, rest = '') {
  const format = (value) => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `  ${name.padEnd(26)}${format(median).padStart(12)}   ${`${format(min)} to ${format(max)}`.padEnd(24)}${rest}`
}

function print({ hidden, programs, ratios }) {
  console.log(`\nhidden ${hidden}: characters learned in a second of the processor, median of ${rounds} rounds (lowest to highest)`)
  for (const { name, version, ...rates } of programs) console.log(row(name, rates, 0, version))
  for (const { name, goal, ...ratio } of ratios) console.log(row(name, ratio, 2, `goal ${goal}`))
}

const missing = new Map()
const machine = { processor: cpus()[0].model, cores: cpus().length, system: `${process.platform} ${process.arch}`, node: process.versions.node }
console.log(`${machine.processor}, ${pin.length > 0 ? `pinned to core ${options.core}` : 'not pinned'}, Node ${machine.node}`)
const hidden = sizes.map((H) => {
  const measured = measure(H)
  print(measured)
  return measured
})
const milliseconds = latency()
console.log('\nfrom a character to its prediction at 10,000 characters per second, hidden 100, in milliseconds')
for (const [share, values] of Object.entries(milliseconds)) console.log(row(share, values, 3, share === 'p99' ? 'goal 0.5' : ''))
const results = { machine, rounds, seconds: Number(options.seconds), missing: Object.fromEntries(missing), hidden, milliseconds }
writeFileSync(join(here, 'results.json'), `${JSON.stringify(results, undefined, 2)}\n`)
writeFileSync(join(here, 'chart.svg'), chart(results))
rmSync(temporary, { recursive: true })
