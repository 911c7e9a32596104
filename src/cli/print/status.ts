import stringWidth from 'string-width'
import type { Prediction } from '../../network/prediction.ts'
import { counted } from '../../text/counted.ts'
import { visible } from '../../text/visible.ts'

const BARS = '▁▂▃▄▅▆▇█'
/** Seconds that the sparkline and the speed are of */
const MINUTE = 60
const LATELY = 5
/** Points of the sparkline */
const POINTS = 20
/** Characters over which the bits are averaged */
const MEMORY = 2000
const NAMES: ReadonlyMap<number, string> = new Map([
  [9, 'tab'],
  [10, 'newline'],
  [32, 'space'],
])
const AT = 64

/** What happened in one second */
interface Second {
  readonly second: number
  characters: number
  bits: number
}

/** What the line at the bottom of a terminal shows beside what it measures itself */
export interface StatusFacts {
  readonly alerts: number
  /** Lines until there can be alerts; undefined before the first line */
  readonly warmUp: number | undefined
  readonly prediction: Prediction | undefined
  /** Which key helps, where there are keys */
  readonly hint: string
  /** Whether @ stands for a time */
  readonly masksTime: boolean
}

/** The line at the bottom of a terminal: how well it predicts, how fast text comes, and what it expects next */
export class StatusLine {
  readonly #now: () => number
  readonly #start: number
  #seconds: Second[] = []
  #characters = 0
  #recent = 0

  /** Takes a monotonic clock, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#start = now()
  }

  /** Counts what was learned, by the loss of each character in nats */
  add(losses: ArrayLike<number>): void {
    const last = this.#last()
    for (let i = 0; i < losses.length; i++) {
      const bits = losses[i]! / Math.LN2
      last.bits += bits
      this.#characters += 1
      this.#recent += (bits - this.#recent) / Math.min(this.#characters, MEMORY)
    }
    last.characters += losses.length
  }

  /** As much as fits, the most important first to stay */
  text({ alerts, warmUp, prediction, hint, masksTime }: StatusFacts, columns: number): string {
    const parts: readonly (readonly [text: string, rank: number])[] = [
      [`${this.#recent.toFixed(2)} bits/char`, 1],
      [this.#sparkline(), 5],
      [this.#speed(), 3],
      [inWords(alerts, warmUp), 2],
      [prediction === undefined ? '' : expectation(prediction, masksTime), 6],
      [hint, 4],
    ]
    let shown = parts.filter(([text]) => text.trim() !== '')
    while (shown.length > 1 && stringWidth(joined(shown)) > columns) {
      const least = Math.max(...shown.map(([, rank]) => rank))
      shown = shown.filter(([, rank]) => rank < least)
    }
    return joined(shown)
  }

  get #second(): number {
    return Math.floor((this.#now() - this.#start) / 1000)
  }

  #last(): Second {
    const second = this.#second
    const last = this.#seconds.at(-1)
    if (last?.second === second) return last
    const next = { second, characters: 0, bits: 0 }
    this.#seconds = [...this.#seconds.filter((kept) => kept.second > second - MINUTE), next]
    return next
  }

  #speed(): string {
    const elapsed = (this.#now() - this.#start) / 1000
    const from = Math.max(0, this.#second - LATELY + 1)
    const characters = sum(this.#seconds.filter(({ second }) => second >= from).map((second) => second.characters))
    if (characters === 0) return 'waiting for text'
    return `${Math.max(1, Math.round(characters / Math.max(elapsed - from, 0.1))).toLocaleString('en')} chars/s`
  }

  /** The bits per character of the last minute; a gap where nothing came */
  #sparkline(): string {
    const width = MINUTE / POINTS
    const current = Math.floor(this.#second / width)
    const first = Math.max(0, current - POINTS + 1)
    const points = Array.from({ length: current - first + 1 }, (_, i) => {
      const seconds = this.#seconds.filter(({ second }) => Math.floor(second / width) === first + i)
      const characters = sum(seconds.map((second) => second.characters))
      return characters === 0 ? undefined : sum(seconds.map(({ bits }) => bits)) / characters
    })
    const highest = Math.max(...points.map((point) => point ?? 0))
    return points.map((point) => (point === undefined ? ' ' : barOf(point, highest))).join('')
  }
}

function barOf(value: number, highest: number): string {
  return BARS[Math.min(BARS.length - 1, Math.floor((value / highest) * BARS.length))] ?? BARS[0]!
}

function joined(parts: readonly (readonly [text: string, rank: number])[]): string {
  return parts.map(([text]) => text).join(' │ ')
}

function inWords(alerts: number, warmUp: number | undefined): string {
  if (warmUp === undefined) return ''
  if (warmUp > 0) return `no alerts before ${counted(warmUp, 'more line')}`
  return alerts === 0 ? 'no alerts' : counted(alerts, 'alert')
}

/** What comes next, without what is all but impossible; nothing before a masked time, which is no news */
function expectation(prediction: Prediction, masksTime: boolean): string {
  if (masksTime && prediction.top(1)[0]?.[0] === AT) return ''
  const nameOf = (character: number) => (masksTime && character === AT ? 'time' : (NAMES.get(character) ?? visible(character)))
  const likely = prediction.top(3).filter(([, probability]) => probability >= 0.005)
  return `next ${likely.map(([character, probability]) => `${nameOf(character)} ${Math.round(100 * probability)}%`).join(', ')}`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
