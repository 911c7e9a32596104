/**
 * How well alerts agree with people, next to simple detectors.
 *
 *     npm run build && node bench/alerts.mjs [DIR] [--faces events,watch,keyed,serve] [--parts] [--rate 0.01] [--seeds 1,2,3]
 *
 * DIR holds labelled streams: NAME.text, and NAME.labels with one label per line: `-` for a line that nobody needs to see, TAG for one that people want to
 * see, TAG~ for context. groups.json may name the group of each stream; means are over groups. Without DIR: the demonstration log, whose faults come again
 * and again; logs that are made up, whose faults come once; logs without trouble; and one fault after ever more regular lines. --parts also measures the
 * score without each of its parts. The results are in alerts.md.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Random } from '../dist/src/index.js'
import { DETECTORS, flagHighest } from './detectors.mjs'
import { FACES } from './faces.mjs'
import { inject, serviceLog } from './faults.mjs'
import { labelled } from './labelled.mjs'
import { average, measure } from './measure.mjs'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    faces: { type: 'string', default: 'events' },
    parts: { type: 'boolean', default: false },
    rate: { type: 'string', default: '0.01' },
    seeds: { type: 'string', default: '1,2,3' },
  },
})
const rate = Number(options.rate)
const seeds = options.seeds.split(',').map(Number)

function* demonstrations() {
  const folder = mkdtempSync(join(tmpdir(), 'rxrnn-'))
  for (const seed of seeds) {
    const faults = join(folder, `${seed}`)
    const program = new URL('../dist/examples/service-log.js', import.meta.url).pathname
    const text = execFileSync(process.execPath, [program, '--seed', `${seed}`, '--lines', '8000', '--faults', faults], { encoding: 'utf8' })
    const places = new Set(readFileSync(faults, 'utf8').trim().split('\n').map(Number))
    yield { name: `demonstration ${seed}`, group: `${seed}`, text, labels: Array.from({ length: 8000 }, (_, i) => Number(places.has(i + 1))) }
  }
}

function* madeUp() {
  for (const seed of seeds) {
    const { lines } = inject(serviceLog(100 + seed, 8000), 100 + seed)
    const text = `${lines.map((line) => line.text).join('\n')}\n`
    yield { name: `made up ${seed}`, group: `${seed}`, text, labels: lines.map(({ fault }) => Number(fault !== undefined)) }
  }
}

/** What ours and the simple detectors make of streams, as means over their groups */
async function compare(title, streams) {
  const rows = new Map()
  const record = (detector, group, scores, flags, labels) => {
    const groups = rows.get(detector) ?? rows.set(detector, new Map()).get(detector)
    groups.set(group, [...(groups.get(group) ?? []), measure(scores, flags, labels)])
  }
  const variants = options.parts ? { 'without severe words': { severeWords: false }, 'learns from all': { learnAll: true } } : {}
  for (const { group, text, labels } of streams) {
    const ours = async (name, face, given) => {
      const lines = await face(text, given)
      record(
        name,
        group,
        lines.map(({ score }) => score),
        lines.map(({ alert }) => alert),
        labels.slice(0, lines.length),
      )
      return lines
    }
    let lines = []
    for (const name of options.faces.split(',')) lines = await ours(`rxrnn ${name}`, (text) => FACES[name](text))
    for (const [name, given] of Object.entries(variants)) await ours(name, (text, options) => FACES.events(text, options), given)
    const texts = lines.map((line) => line.text)
    for (const [name, scoresOf] of Object.entries(DETECTORS)) {
      const scores = scoresOf(texts)
      record(name, group, scores, flagHighest(scores, rate), labels.slice(0, lines.length))
    }
  }
  console.log(`\n## ${title}\n\n| detector | area | average precision | precision | recall | flagged |\n|---|--:|--:|--:|--:|--:|`)
  for (const [name, groups] of rows) {
    const means = average(Array.from(groups.values(), average))
    const figures = Object.entries(means).map(([key, value]) => (key === 'flagged' ? `${(100 * value).toFixed(2)}%` : value.toFixed(3)))
    console.log(`| ${[name, ...figures].join(' | ')} |`)
  }
}

/** Requests with nothing wrong: identifiers, sizes and durations within their ranges */
function requests(count) {
  const random = new Random(7)
  const upTo = (n) => Math.floor(random.uniform() * n)
  const paths = ['/', '/cart', '/item/', '/search?q=', '/login', '/static/app.js']
  return Array.from({ length: count }, (_, i) => {
    const time = new Date(Date.UTC(2026, 0, 5, 10) + 400 * i).toISOString()
    const status = random.uniform() < 0.1 ? 304 : 200
    return `${time} web-${1 + upTo(3)} 192.0.2.${1 + upTo(250)} GET ${paths[upTo(6)]}${upTo(5000)} ${status} ${200 + upTo(9000)} ${5 + upTo(60)}ms\n`
  }).join('')
}

async function quiet() {
  console.log('\n## Logs without trouble\n')
  const alerts = (await FACES.events(requests(100_000))).filter(({ alert }) => alert)
  console.log(`100,000 ordinary requests: ${alerts.length} alerts`)
  for (const { text } of alerts.slice(0, 5)) console.log(`    ${text}`)
}

async function fire() {
  console.log('\n## One line on fire after so many `heartbeat ok`\n\n| lines | flagged | other alerts |\n|--:|---|--:|')
  for (const count of [50, 75, 100, 200, 300, 500, 1000, 2000, 5000]) {
    const lines = await FACES.events(`${'heartbeat ok\n'.repeat(count)}FATAL disk /dev/sda1 is on fire, giving up\n`)
    console.log(`| ${count} | ${lines.at(-1).alert ? 'yes' : 'no'} | ${lines.slice(0, -1).filter(({ alert }) => alert).length} |`)
  }
}

const [folder] = positionals
if (folder !== undefined) {
  await compare('Labelled streams', labelled(folder))
} else {
  await compare('The demonstration log: faults come again and again', demonstrations())
  await compare('Logs that are made up: each fault comes once', madeUp())
  await quiet()
  await fire()
}
