import type { Archive } from '../archive.ts'
import { countBelow } from './sorted.ts'

/** How fast the bar follows: a flagged line lowers the share to be flagged by this much, to be regained over those that are not */
const STEP = 0.001

/** What is compared with is of the last three quarters of the stream, as a model that begins to learn is surprised by everything */
const LATE = 0.75

/** When nothing was flagged for so many times as long as one would expect, which chance does once in 150 times, the scores fell: only the last ones count */
const SILENCE = 5

const LEAST = 100
const MOST = 1e6

export interface RecentScoresOptions {
  /** The share of scores to flag, between 0 and 1 */
  readonly rate?: number
  /** How many of the last scores are compared with at the most */
  readonly window?: number
  /** What is flagged scores more than that, whatever the share: 1 bit squared by default, so that a log that says the same forever has no alerts */
  readonly least?: number
}

/**
 * The last scores of a stream, and the bar that a share of those to come will exceed: a quantile of the last ones, at a level which is corrected by how
 * many did exceed it (adaptive conformal inference, Gibbs and Candes 2021). So the share holds on any stream, also on one that drifts, and whatever the
 * scores are distributed like. When many exceed it in a row nothing does for a while: an exception that lasts is none.
 */
export class RecentScores {
  readonly #rate: number
  readonly #warmUp: number
  readonly #window: number
  readonly #least: number
  #level: number
  #seen = 0
  /** Scores since the last one that was flagged */
  #silence = 0
  #arrived: number[] = []
  #sorted: number[] = []

  constructor({ rate = 0.01, window = 2000, least = 1 }: RecentScoresOptions = {}) {
    this.#rate = rate
    this.#warmUp = Math.max(LEAST, Math.ceil(1 / rate))
    this.#window = Math.max(window, 2 * this.#warmUp)
    this.#least = least
    this.#level = rate
  }

  transfer(archive: Archive, name: string = 'calibration'): void {
    this.#arrived = Array.from(archive.list(name, Float64Array.from(this.#arrived), MOST))
    this.#sorted = this.#arrived.toSorted((a, b) => a - b)
    this.#level = archive.real(`${name}.level`, this.#level)
    this.#silence = archive.integer(`${name}.silence`, this.#silence, 0, Number.MAX_SAFE_INTEGER)
    this.#seen = archive.integer(`${name}.seen`, this.#seen, 0, Number.MAX_SAFE_INTEGER)
  }

  /** How many more scores it takes until there is a bar */
  get warmUp(): number {
    return Math.max(this.#warmUp - this.#seen, 0)
  }

  /** What a score has to exceed to be flagged */
  get bar(): number {
    return Math.max(this.#quantile, this.#least)
  }

  get #quantile(): number {
    if (this.warmUp > 0 || this.#level <= 0) return Infinity
    const { length } = this.#sorted
    return this.#sorted[Math.ceil(length * (1 - this.#level)) - 1] ?? -Infinity
  }

  /** Adds a score; returns whether it exceeded the bar */
  add(score: number): boolean {
    const flagged = score > this.bar
    // the share is that of what stands out among the others, be it only a little
    const stoodOut = score > this.#quantile
    if (this.warmUp === 0) this.#level += STEP * (this.#rate - Number(stoodOut))
    this.#silence = stoodOut ? 0 : this.#silence + 1
    this.#seen += 1
    this.#forget()
    this.#sorted.splice(countBelow(this.#sorted, score), 0, score)
    this.#arrived.push(score)
    return flagged
  }

  #forget(): void {
    const fell = this.#silence > SILENCE / this.#rate
    if (fell) this.#silence = 0
    const most = fell ? this.#warmUp : Math.min(this.#window, Math.max(this.#warmUp, Math.ceil(LATE * this.#seen)))
    while (this.#sorted.length >= most) this.#sorted.splice(countBelow(this.#sorted, this.#arrived.shift()!), 1)
  }
}
