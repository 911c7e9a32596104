import { defer, map, type OperatorFunction } from 'rxjs'
import type { Archive } from '../model/archive.ts'
import { OptionError } from '../model/options.ts'
import type { Line } from './lines.ts'

export interface CalibrateOptions {
  /** The share of lines to flag, between 0 and 1 */
  readonly alertRate?: number
  /** How many of the last lines a line is compared with, at least twice as many as have to be known before one is flagged */
  readonly window?: number
  /** The scores of the last lines: to save them, and to go on from those that were saved. Each subscription has its own unless given. */
  readonly recent?: RecentScores
}

export interface Calibrated {
  /** How many of the lines before it surprised less, in percent (by bits per character); undefined while too few are known to tell */
  readonly percentile: number | undefined
  /** Whether the line is among the `alertRate` most surprising */
  readonly alert: boolean
}

const WARM_UP = 100

/**
 * Ranks each line's bits per character among those of the lines before it, so that an alert means the same on any log. No line is flagged before there
 * are enough to find the flagged share among them (at least 100). Throws OptionError.
 *
 *     source                          --l1--------------l2---------------|
 *     calibrate({ alertRate: 0.01 })  --(l1, 50.0, no)--(l2, 99.7, yes)--|
 *
 *     text$.pipe(learn(model), surprise(), lines(), calibrate({ alertRate: 0.01 }))
 */
export function calibrate<L extends Line>({
  alertRate = 0.01,
  window = 2000,
  recent: given,
}: CalibrateOptions = {}): OperatorFunction<L, L & Calibrated> {
  if (!(alertRate > 0 && alertRate < 1)) throw new OptionError('alertRate', `alertRate is ${alertRate}, but it must be a number between 0 and 1`)
  if (!(Number.isInteger(window) && window >= 1)) throw new OptionError('window', `window is ${window}, but it must be a whole number from 1`)
  const warmUp = Math.max(WARM_UP, Math.ceil(1 / alertRate))
  return (source) =>
    defer(() => {
      const recent = given ?? new RecentScores()
      recent.capacity = Math.max(window, 2 * warmUp)
      return source.pipe(
        map((line) => {
          const score = line.bits / line.length
          const below = recent.below(score)
          const percentile = recent.count < warmUp ? undefined : (100 * below) / recent.count
          recent.add(score)
          return { ...line, percentile, alert: percentile !== undefined && percentile >= 100 * (1 - alertRate) }
        }),
      )
    })
}

const MOST = 1e6

/** The last `capacity` scores, in the order of arrival and sorted */
export class RecentScores {
  capacity = 2000
  #arrived: number[] = []
  #sorted: number[] = []

  get count(): number {
    return this.#sorted.length
  }

  transfer(archive: Archive): void {
    this.#arrived = Array.from(archive.list('calibration', Float64Array.from(this.#arrived), MOST))
    this.#sorted = this.#arrived.toSorted((a, b) => a - b)
  }

  /** How many are less than the score */
  below(score: number): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#sorted[middle]! < score) low = middle + 1
      else high = middle
    }
    return low
  }

  add(score: number): void {
    while (this.count >= this.capacity) this.#sorted.splice(this.below(this.#arrived.shift()!), 1)
    this.#sorted.splice(this.below(score), 0, score)
    this.#arrived.push(score)
  }
}
