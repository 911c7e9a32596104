/**
 * Logs with known faults, from a seed: `serviceLog` makes up a service and lets it write a log, `inject` puts faults into any log. Every service is
 * another one: its components, messages, values and flows are drawn from the seed, and so is how much its workers interleave.
 */
import { Random } from '../dist/src/index.js'

export const KINDS = ['new message', 'wrong order', 'wrong value', 'missing line', 'burst']

const NAMES =
  'auth billing cache cart catalog cluster config consumer database delivery gateway index inventory ledger mail metrics order payment queue report router scheduler search session shard storage sync token user worker'.split(
    ' ',
  )
const VERBS =
  'accepted allocated attached checked closed committed compacted computed connected created decoded deleted dispatched elected enqueued expired fetched flushed granted loaded locked merged opened parsed published received registered released renewed resolved restored rotated routed saved scanned scheduled sent started stopped stored updated validated written'.split(
    ' ',
  )
const NOUNS =
  'account batch block bucket certificate channel client connection cursor document event file frame handle header image invoice job key lease link lock message node object offset packet page partition peer pool profile record region replica request response route row rule segment snapshot socket stream table task template thread ticket transaction volume window'.split(
    ' ',
  )
const TROUBLES =
  'aborted by operator|assertion failed in allocator|broken pipe while draining|checksum mismatch, giving up|disk quota exceeded|dropped: no route to host|fatal: heap exhausted|handshake refused, certificate is not trusted|illegal state after rollback|kernel reported an i/o error|leader lost, stepping down|permission denied for principal|read-only file system|segmentation fault caught|too many open descriptors|unexpected end of input'.split(
    '|',
  )
const STATES = ['active', 'idle', 'ready', 'pending', 'primary', 'standby', 'warm', 'cold']

/** A seeded choice of things */
class Dice {
  constructor(seed) {
    this.random = new Random(seed)
  }

  below(count) {
    return Math.floor(this.random.uniform() * count)
  }

  between(low, high) {
    return low + this.below(high - low + 1)
  }

  chance(probability) {
    return this.random.uniform() < probability
  }

  pick(list) {
    return list[this.below(list.length)]
  }

  /** The first ones often, the last ones seldom */
  pickSkewed(list) {
    return list[Math.floor(list.length * this.random.uniform() ** 3)]
  }

  hex(digits) {
    return Array.from({ length: digits }, () => this.below(16).toString(16)).join('')
  }
}

/** Each draws what the service fixes once, and returns what draws a value for a line */
const VALUES = [
  (dice) => {
    const users = Array.from({ length: 30 }, () => `${dice.pick(NOUNS)}${dice.below(90)}`)
    return () => `user=${dice.pickSkewed(users)}`
  },
  (dice) => {
    const typical = dice.between(3, 400)
    return () => `in ${Math.max(1, Math.round(typical * Math.exp(0.4 * dice.random.normal())))} ms`
  },
  (dice) => {
    const hosts = Array.from({ length: 12 }, () => `10.${dice.below(4)}.${dice.below(256)}.${dice.below(256)}`)
    return () => `from ${dice.pickSkewed(hosts)}:${dice.between(32768, 60999)}`
  },
  (dice) => () => `id=${dice.hex(8)}`,
  (dice) => {
    let next = dice.below(5000)
    return () => `#${(next += dice.between(1, 3))}`
  },
  (dice) => {
    const states = Array.from({ length: 3 }, () => dice.pick(STATES))
    return () => `state=${dice.pickSkewed(states)}`
  },
  (dice) => () => `size ${dice.between(1, 64) * 512}`,
  (dice) => {
    const paths = Array.from({ length: 15 }, () => `/${dice.pick(NAMES)}/${dice.pick(NOUNS)}s/${dice.pick(VERBS)}`)
    return () => dice.pickSkewed(paths)
  },
]

function messageOf(dice) {
  const component = dice.pick(NAMES)
  const level = dice.chance(0.85) ? 'INFO ' : dice.pick(['DEBUG', 'WARN '])
  const words = [dice.pick(NOUNS), dice.pick(VERBS), ...(dice.chance(0.4) ? [`by ${dice.pick(NOUNS)}`] : [])].join(' ')
  const values = Array.from({ length: dice.below(4) }, () => dice.pick(VALUES)(dice))
  return () => ({ level, body: [`${component}: ${words}`, ...values.map((value) => value())].join(' ') })
}

/** A flow is a list of steps; some may be left out or come twice, as in life */
function flowOf(dice) {
  return Array.from({ length: dice.between(3, 8) }, () => ({
    message: messageOf(dice),
    optional: dice.chance(0.15) ? 0.9 : 1,
    again: dice.chance(0.1) ? 0.3 : 0,
  }))
}

function* linesOfFlow(dice, flow) {
  for (const { message, optional, again } of flow) {
    if (!dice.chance(optional)) continue
    do yield message()
    while (dice.chance(again))
  }
}

/**
 * The lines of a service that never was: flows of a few steps each, run by some workers at once, and now and then a message of its own, some of them
 * seldom. With `drift` the service is deployed anew that many times, evenly spread; each time a third of its flows are replaced by new ones.
 */
export function serviceLog(seed, count, { drift = 0 } = {}) {
  const dice = new Dice(seed)
  const flows = Array.from({ length: dice.between(4, 9) }, () => flowOf(dice))
  const seldom = Array.from({ length: dice.between(5, 15) }, () => messageOf(dice))
  const workers = Array.from({ length: dice.between(1, 3) }, (_, i) => ({ name: `worker-${i + 1}`, steps: [].values() }))
  const change = dice.between(5, 40) / 100
  const header = dice.pick([
    (time, level, worker) => `${time} ${level} [${worker}]`,
    (time, level, worker) => `[${time.slice(11)}] ${worker} ${level.trim().toLowerCase()}`,
    (time, level, worker) => `${time.slice(0, 19)} ${worker}[${3000 + Number(worker.slice(-1))}] ${level.trim()}:`,
  ])
  const deployments = new Set(Array.from({ length: drift }, (_, i) => Math.floor(((i + 1) * count) / (drift + 1))))
  let time = Date.UTC(2025, 2, 3, 8) + dice.below(1e6)
  let worker = workers[0]
  return Array.from({ length: count }, (_, i) => {
    if (deployments.has(i)) for (let j = 0; j < flows.length; j += 3) flows[j] = flowOf(dice)
    if (dice.chance(change)) worker = dice.pick(workers)
    time += Math.round(-120 * Math.log(1 - dice.random.uniform()))
    const { level, body } = dice.chance(0.02) ? dice.pickSkewed(seldom)() : stepOf(dice, worker, flows)
    return `${header(new Date(time).toISOString().replace('T', ' ').replace('Z', ''), level, worker.name)} ${body}`
  })
}

function stepOf(dice, worker, flows) {
  for (;;) {
    const { done, value } = worker.steps.next()
    if (!done) return value
    worker.steps = linesOfFlow(dice, dice.pickSkewed(flows))
  }
}

/**
 * Puts faults into a log, `each` of every kind, after the first `clean` lines and at least `apart` lines apart, at random. Returns the lines in order:
 * `fault` is the number of the fault that a line is part of, or undefined; and of which kind each fault is.
 *
 * - new message: a line whose words after the header are some that the log does not know
 * - wrong order: two of the next lines changed places; their headers (the words that hold the time) stay where they are
 * - wrong value: a value is one that the log does not have there: a number of another size, or a word from somewhere else in the log
 * - missing line: one is left out; the two lines after it show it
 * - burst: a line comes 20 to 60 times, one after the other or among the lines that follow
 */
export function inject(lines, seed, { each = 12, clean = Math.floor(lines.length / 5), apart = 30 } = {}) {
  const dice = new Dice(seed)
  const kinds = shuffled(
    dice,
    KINDS.flatMap((kind) => Array(each).fill(kind)),
  )
  const places = placesOf(dice, kinds.length, clean, lines.length - 80, apart)
  const words = wordsOf(lines)
  const labelled = []
  let from = 0
  places.forEach((place, fault) => {
    for (const text of lines.slice(from, place)) labelled.push({ text })
    const { made, used } = FAULTS[kinds[fault]](dice, lines, place, words)
    for (const { text, wrong } of made) labelled.push(wrong ? { text, fault } : { text })
    from = place + used
  })
  for (const text of lines.slice(from)) labelled.push({ text })
  return { lines: labelled, kinds }
}

const wrong = (text) => ({ text, wrong: true })
const right = (text) => ({ text, wrong: false })

/** Each makes some lines in place of the next `used` ones */
const FAULTS = {
  'new message'(dice, lines, at) {
    const kept = headerOf(lines[at])
    return { made: [wrong(`${kept}${dice.pick(NAMES)}: ${dice.pick(TROUBLES)} ${dice.pick(NOUNS)} ${dice.below(1000)}`)], used: 0 }
  },
  'wrong order'(dice, lines, at) {
    const [first, second] = differingPair(lines, at)
    const made = lines.slice(at, second + 1).map(right)
    made[first - at] = wrong(headerOf(lines[first]) + bodyOf(lines[second]))
    made[second - at] = wrong(headerOf(lines[second]) + bodyOf(lines[first]))
    return { made, used: second + 1 - at }
  },
  'wrong value'(dice, lines, at, words) {
    const to = lines.findIndex((line, i) => i >= at && /\d/.test(bodyOf(line)))
    const line = lines[to === -1 ? at : to]
    const made = [...lines.slice(at, to), wrong(headerOf(line) + withWrongValue(dice, bodyOf(line), words))]
    return { made: made.map((made) => (typeof made === 'string' ? right(made) : made)), used: made.length }
  },
  'missing line'(_, lines, at) {
    return { made: [wrong(lines[at + 1]), wrong(lines[at + 2])], used: 3 }
  },
  burst(dice, lines, at) {
    const among = dice.chance(0.5)
    const made = []
    let used = 0
    for (let n = dice.between(20, 60); n > 0; n--) {
      made.push(wrong(headerOf(lines[at + used]) + bodyOf(lines[at])))
      if (among && dice.chance(0.5)) made.push(right(lines[at + used++]))
    }
    return { made, used }
  },
}

/** The words up to the last one that holds a digit among the first four, with the space after it: most logs begin with the time and who speaks */
function headerOf(line) {
  const [header = ''] = /^(?:\S*\s+){0,3}?\S*\d\S*\s+(?:\S*\d\S*\s+){0,2}/.exec(line) ?? []
  return header.length < line.length ? header : ''
}

function bodyOf(line) {
  return line.slice(headerOf(line).length)
}

const shapeOf = (line) => bodyOf(line).replace(/\d+/g, '0')

/** The first line from `at` on and one after it that says something else */
function differingPair(lines, at) {
  const second = lines.findIndex((line, i) => i > at && shapeOf(line) !== shapeOf(lines[at]))
  return second === -1 || second > at + 40 ? [at, at + 1] : [second - 1, second]
}

function withWrongValue(dice, body, words) {
  const values = [...body.matchAll(/[\w.]*\d[\w.]*/g)]
  const { 0: value, index } = dice.pick(values.length > 0 ? values : [...body.matchAll(/\S+/g)])
  const wrongValue = dice.pick([
    () => `-${dice.between(1, 9)}`,
    () => `${dice.between(1, 9)}${Array.from({ length: value.length + 3 }, () => dice.below(10)).join('')}`,
    () => dice.pick(words),
  ])()
  return body.slice(0, index) + wrongValue + body.slice(index + value.length)
}

function wordsOf(lines) {
  return [...new Set(lines.flatMap((line) => bodyOf(line).match(/[a-z]{4,}/gi) ?? []))]
}

/** Sorted places in [from, to), at least `apart` from each other, each way to place them as likely */
function placesOf(dice, count, from, to, apart) {
  const room = to - from - count * apart
  if (room < 0) throw new RangeError(`the log is too short for ${count} faults`)
  const gaps = Array.from({ length: count }, () => dice.below(room + 1)).sort((a, b) => a - b)
  return gaps.map((gap, i) => from + gap + i * apart)
}

function shuffled(dice, list) {
  const copy = [...list]
  for (let i = copy.length - 1; i > 0; i--) {
    const j = dice.below(i + 1)
    ;[copy[i], copy[j]] = [copy[j], copy[i]]
  }
  return copy
}
