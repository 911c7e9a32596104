/**
 * Detectors of lines that stand out, each a function from lines to flags: ours, and the simple ones that it has to beat. They flag by the same
 * calibration; lines never seen before are flagged as they come, and also as many of them as the rate allows.
 */
import { from, map } from 'rxjs'
import { calibrate, createModel, learn, lines, mute, RecentScores, score, surprise } from '../dist/src/index.js'
import { Order2 } from '../dist/src/cli/evaluate/order2.js'

/** Of each line, whether it is an alert */
export const DETECTORS = {
  rxrnn: (texts, rate) => rxrnn(texts, { rate }),
  'never seen': (texts) => neverSeen(texts, asIs),
  'never seen, at the rate': (texts, rate) => limited(neverSeen(texts, asIs), rate),
  'masked never seen': (texts) => neverSeen(texts, masked),
  'masked never seen, at the rate': (texts, rate) => limited(neverSeen(texts, masked), rate),
  'trigram surprise': (texts, rate) => calibrated(texts, rate, trigramBits()),
  'line length': (texts, rate) => calibrated(texts, rate, lengthDistance()),
}

/** Ours, with what of it may be varied */
export function rxrnn(texts, { rate, learnAll = false, preset = 'default', scoreOf = (line) => line.score }) {
  const model = createModel({ preset })
  const flags = []
  from(texts.map((text) => `${text}\n`))
    .pipe(
      learn(model, { scored: learnAll ? undefined : mute({ rate }) }),
      surprise(),
      lines(),
      score(),
      map((line) => ({ score: scoreOf(line) })),
      calibrate({ alertRate: rate }),
    )
    .subscribe(({ alert }) => flags.push(alert))
  model.dispose()
  return flags
}

const asIs = (text) => text
const masked = (text) => text.replace(/\d+/g, '0')

/** Nothing is flagged among the first hundred, as with the others */
function neverSeen(texts, view) {
  const seen = new Set()
  return texts.map((text, i) => {
    const isNew = !seen.has(view(text))
    seen.add(view(text))
    return isNew && i >= 100
  })
}

/** The flags of which there are no more than the rate allows so far */
function limited(flags, rate) {
  let count = 0
  return flags.map((flag, i) => {
    const allowed = flag && count < rate * (i - 100)
    count += Number(allowed)
    return allowed
  })
}

function calibrated(texts, rate, scoreOf) {
  const recent = new RecentScores({ rate, least: -Infinity })
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
