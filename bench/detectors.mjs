/**
 * Simple detectors that ours has to beat: each scores every line by the lines before it. They flag the highest share of
 * the last 2,000 scores.
 */
import { Order2 } from './order2.mjs'

const WARM_UP = 100
const WINDOW = 2000

/** From lines to scores, by name */
export const DETECTORS = {
  'rare line, digits masked': (texts) => rarities(texts, masked),
  'rare words, values left out': (texts) => rarities(texts, template),
  'bits of an order-2 model': trigramBits,
  'severe words': (texts) => texts.map((text) => text.match(SEVERE)?.length ?? 0),
  'distance from the mean length': lengthDistances,
}

const SEVERE = /\b(error|fail(ed|ure|s)?|fatal|exception|panic|critical|denied|refused|invalid|abort(ed)?|timeout|warn(ing)?|unable)\b/gi

const masked = (text) => text.replace(/\d+/g, '0')
const template = (text) =>
  text
    .split(/\s+/)
    .filter((word) => !/[\d/@]/.test(word) || word.endsWith(':'))
    .join(' ')

/** -log2 of the share of lines that were like it so far */
function rarities(texts, viewOf) {
  const counts = new Map()
  return texts.map((text, i) => {
    const view = viewOf(text)
    const count = counts.get(view) ?? 0
    counts.set(view, count + 1)
    return -Math.log2((count + 0.5) / (i + 1))
  })
}

/** By what followed the last two characters so far */
function trigramBits(texts) {
  const order2 = new Order2(1114112)
  return texts.map((text) => {
    const before = order2.bits
    order2.add(Array.from(`${text}\n`, (character) => character.codePointAt(0)))
    return order2.bits - before
  })
}

function lengthDistances(texts) {
  let mean = 0
  return texts.map(({ length }, i) => {
    const distance = Math.abs(length - mean)
    mean += (length - mean) / (i + 1)
    return distance
  })
}

/** Flags what exceeds all but a share of the last 2,000 scores; the share is corrected by how many did exceed it */
export function flagHighest(scores, rate) {
  const sorted = []
  let level = rate
  return scores.map((score, i) => {
    const ready = i >= WARM_UP
    const flag = ready && level > 0 && score > sorted[Math.ceil(sorted.length * (1 - level)) - 1]
    if (ready) level += 0.001 * (rate - Number(flag))
    sorted.splice(placeOf(score, sorted), 0, score)
    if (i >= WINDOW) sorted.splice(placeOf(scores[i - WINDOW], sorted), 1)
    return flag
  })
}

function placeOf(score, sorted) {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] < score) low = middle + 1
    else high = middle
  }
  return low
}
