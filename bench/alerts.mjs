/**
 * How well alerts find faults, next to three simple detectors: precision and recall at an alert rate of 0.01.
 *
 *     npm run build && node bench/alerts.mjs [--seeds 101,102,...] [--rate 0.01] [--lines 8000] [--labelled] [FILE...]
 *
 * Without files, on logs that bench/faults.mjs makes up; else faults are put into the given ones, unless they are --labelled: there each line begins with
 * its label, - for a normal one (as BGL and Thunderbird of the Loghub collection have it). --variants tells what parts of ours bring. The
 * results are in alerts.md.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { DETECTORS, rxrnn } from './detectors.mjs'
import { inject, serviceLog } from './faults.mjs'
import { average, measure } from './measure.mjs'

const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '101,102,103,104,105,106,107,108,109,110' },
    rate: { type: 'string', default: '0.01' },
    lines: { type: 'string', default: '8000' },
    labelled: { type: 'boolean', default: false },
    variants: { type: 'boolean', default: false },
  },
})
const rate = Number(options.rate)
const seeds = options.seeds.split(',').map(Number)

const byScore = (scoreOf) => (texts, rate) => rxrnn(texts, { rate, scoreOf })

const VARIANTS = {
  rxrnn: DETECTORS.rxrnn,
  'bits per character': byScore(({ bits, length }) => bits / length),
  'squared bits': byScore(({ surprise }) => surprise.reduce((sum, bits) => sum + bits * bits, 0)),
  'without order': byScore(({ score, parts }) => score - parts.order),
  'without novelty': byScore(({ score, parts }) => score - parts.novelty),
  'without bursts': byScore(({ score, parts }) => score - parts.burst),
  'learns from all': (texts, rate) => rxrnn(texts, { rate, learnAll: true }),
  'preset small': (texts, rate) => rxrnn(texts, { rate, preset: 'small' }),
}

function logs() {
  if (files.length === 0) return seeds.map((seed) => ({ name: `seed ${seed}`, ...inject(serviceLog(seed, Number(options.lines)), seed) }))
  return files.flatMap((path) => {
    const lines = readFileSync(path, 'utf8').split(/\r?\n/).filter(Boolean)
    if (options.labelled) return [{ name: basename(path), ...labelled(lines) }]
    return seeds.map((seed) => ({ name: basename(path), ...inject(lines, seed, { each: Math.floor(lines.length / 500), apart: 20 }) }))
  })
}

/** Labelled lines that follow one another are one fault */
function labelled(lines) {
  const kinds = []
  let before = '-'
  const made = lines.map((line) => {
    const label = line.slice(0, line.indexOf(' '))
    if (label !== '-' && label !== before) kinds.push(label)
    before = label
    return { text: line.slice(label.length + 1), ...(label !== '-' && { fault: kinds.length - 1 }) }
  })
  return { lines: made, kinds }
}

const percent = (x) => `${(100 * x).toFixed(x < 0.1 ? 2 : 1)}%`

/** What each detector does on each log */
function measureAll(detectors, all) {
  return all.map((log) => {
    const texts = log.lines.map(({ text }) => text)
    return { name: log.name, of: new Map(Object.entries(detectors).map(([name, flagsOf]) => [name, measure(log, flagsOf(texts, rate))])) }
  })
}

function print(measured) {
  const rows = [...measured[0].of.keys()].map((name) => ({ name, ...average(measured.map(({ of }) => of.get(name))) }))
  const kinds = [...rows[0].byKind.keys()].toSorted((a, b) => a.localeCompare(b))
  const head = ['detector', 'flagged', 'precision', 'recall', 'F1', ...kinds]
  console.log(`| ${head.join(' | ')} |\n|${head.map((_, i) => (i === 0 ? '---' : '--:')).join('|')}|`)
  for (const { name, rate, precision, recall, f1, byKind } of rows) {
    const found = kinds.map((kind) => `${byKind.get(kind).found}/${byKind.get(kind).of}`)
    console.log(`| ${[name, percent(rate), precision.toFixed(3), recall.toFixed(3), f1.toFixed(3), ...found].join(' | ')} |`)
  }
  console.log()
}

const measured = measureAll(options.variants ? VARIANTS : DETECTORS, logs())
const byName = new Map([...new Set(measured.map(({ name }) => name))].map((name) => [name, measured.filter((one) => one.name === name)]))
if (files.length > 0) {
  for (const [name, some] of byName) {
    console.log(`${name}\n`)
    print(some)
  }
}
if (byName.size > 1) print(measured)
