/**
 * Detectors of lines that stand out, each a function from lines to flags: ours, and the simple ones that it has to beat. All but `never seen` flag
 * by the same calibration.
 */
import { from } from 'rxjs'
import { calibrate, createModel, learn, lines, RecentScores, score, surprise } from '../dist/src/index.js'
import { Order2 } from '../dist/src/cli/order2.js'

/** Of each line, whether it is an alert */
export const DETECTORS = {
  rxrnn: (texts, rate) => rxrnn(texts, { rate, mute: { rate } }),
  'never seen': (texts) => neverSeen(texts, (text) => text),
  'never seen, digits masked': (texts) => neverSeen(texts, (text) => text.replace(/\d+/g, '0')),
  'trigram surprise': (texts, rate) => calibrated(texts, rate, trigramBits()),
  'line length': (texts, rate) => calibrated(texts, rate, lengthDistance()),
}

export function rxrnn(texts, { rate, mute, preset = 'default' }) {
  const flags = []
  from(texts.map((text) => `${text}\n`))
    .pipe(learn(createModel({ preset }), { mute }), surprise(), lines(), score(), calibrate({ alertRate: rate }))
    .subscribe(({ alert }) => flags.push(alert))
  return flags
}

/** Nothing is flagged among the first hundred, as with the others */
function neverSeen(texts, view) {
  const seen = new Set()
  return texts.map((text, i) => {
    const isNew = !seen.has(view(text))
    seen.add(view(text))
    return isNew && i >= 100
  })
}

function calibrated(texts, rate, scoreOf) {
  const recent = new RecentScores({ rate })
  return texts.map((text) => recent.add(scoreOf(text)))
}

/** Bits per character by what followed the last two characters so far */
function trigramBits() {
  const order2 = new Order2(1114112)
  return (text) => {
    const before = order2.bits
    order2.add(Array.from(`${text}\n`, (character) => character.codePointAt(0)))
    return (order2.bits - before) / (text.length + 1)
  }
}

/** How far from the mean length so far, in standard deviations */
function lengthDistance() {
  let [count, mean, squares] = [0, 0, 0]
  return ({ length }) => {
    const distance = Math.abs(length - mean) / Math.max(Math.sqrt(squares / Math.max(count, 1)), 1)
    count += 1
    const before = length - mean
    mean += before / count
    squares += before * (length - mean)
    return distance
  }
}
