import { log } from '../kernels/reference/math.ts'
import type { Archive } from '../archive.ts'
import { countBelow } from './sorted.ts'

export interface AlertBarOptions {
  /** The share of lines that may be flagged, between 0 and 1: a ceiling, not a quota */
  readonly rate?: number
  /** How many of the last scores are compared with */
  readonly window?: number
}

export interface Decision {
  readonly alert: boolean
  /** How many of the last scores were less, in percent; undefined during the warm-up */
  readonly percentile: number | undefined
  /** How many more lines it takes until one can be flagged */
  readonly warmUp: number
  /** What the score had to exceed to be extreme */
  readonly floor: number
}

/** Nothing is flagged before so many scores are known */
const WARM_UP = 40

/** Alerts that may come at once at the start, and after a long quiet time: by no more than that, any stretch exceeds the rate */
const [START, SAVED] = [8, 32]
/** With so many alerts left the highest scores are flagged at the rate; with fewer, a smaller share of them */
const USUAL = 10

/** What is compared with is of the last three quarters of the stream, as a model that begins to learn is surprised by everything */
const LATE = 0.75

/** The tail is what an exponential one through these two quantiles would exceed once in RARE lines... */
const [LOWER, UPPER] = [0.8, 0.95]
const RARE = 1e5
/** ...but no less than this above the median, in bits, and no more */
const [LEAST, MOST] = [15, 40]

/** A score this many times as far above the median as the highest one known is flagged whatever was flagged before */
const FAR = 1.5

const LONGEST = 1e6
const TAIL = log(RARE * (1 - UPPER)) / log((1 - LOWER) / (1 - UPPER))

/**
 * Decides which scores, in bits, are alerts. A score has to exceed what the stream's own tail would exceed once in 100,000 lines, or 40 bits more than its
 * median, whichever is less: so a log without trouble has no alerts. And it has to be among the highest of the last ones, by the share that `rate` allows and
 * that shrinks with each alert: so a noisy hour stays under the ceiling. But a score far beyond all of the last ones is always flagged.
 */
export class AlertBar {
  readonly #rate: number
  readonly #window: number
  /** Alerts that may come at once; less than none after alerts that were far beyond */
  #credit = START
  #seen = 0
  #arrived: number[] = []
  #sorted: number[] = []

  constructor({ rate = 0.01, window = 4000 }: AlertBarOptions = {}) {
    this.#rate = rate
    this.#window = Math.max(window, WARM_UP)
  }

  transfer(archive: Archive, name: string = 'bar'): void {
    this.#arrived = Array.from(archive.list(`${name}.scores`, Float64Array.from(this.#arrived), LONGEST))
    this.#sorted = this.#arrived.toSorted((a, b) => a - b)
    this.#credit = archive.real(`${name}.credit`, this.#credit)
    this.#seen = archive.integer(`${name}.seen`, this.#seen, 0, Number.MAX_SAFE_INTEGER)
  }

  /** How many more scores it takes until one can be flagged */
  get warmUp(): number {
    return Math.max(WARM_UP - this.#seen, 0)
  }

  /** What a score has to exceed to be extreme, however many were flagged before; also during the warm-up */
  get floor(): number {
    if (this.#sorted.length === 0) return Infinity
    const median = this.#quantile(0.5)
    const upper = this.#quantile(UPPER)
    return Math.min(Math.max(upper + TAIL * (upper - this.#quantile(LOWER)), median + LEAST), median + MOST)
  }

  /** What a score has to exceed to be flagged */
  get bar(): number {
    if (this.warmUp > 0) return Infinity
    const floor = this.floor
    return Math.max(floor, Math.min(this.#allowed, this.#far))
  }

  /** What all but the share that the credit allows are below */
  get #allowed(): number {
    return this.#credit <= 0 ? Infinity : this.#quantile(1 - (this.#rate * this.#credit) / USUAL)
  }

  get #far(): number {
    const median = this.#quantile(0.5)
    return median + FAR * (this.#sorted.at(-1)! - median)
  }

  /** Judges a score by those before it, and remembers it */
  judge(score: number): Decision {
    const { warmUp, floor } = this
    const alert = score > this.bar
    const percentile = warmUp > 0 ? undefined : (100 * countBelow(this.#sorted, score)) / this.#sorted.length
    this.#credit = Math.min(Math.max(this.#credit + this.#rate - Number(alert), -SAVED), SAVED)
    this.#seen += 1
    const most = Math.min(this.#window, Math.max(WARM_UP, Math.ceil(LATE * this.#seen)))
    while (this.#sorted.length >= most) this.#sorted.splice(countBelow(this.#sorted, this.#arrived.shift()!), 1)
    this.#sorted.splice(countBelow(this.#sorted, score), 0, score)
    this.#arrived.push(score)
    return { alert, percentile, warmUp, floor }
  }

  #quantile(share: number): number {
    return this.#sorted[Math.max(Math.ceil(this.#sorted.length * share) - 1, 0)] ?? Infinity
  }
}
