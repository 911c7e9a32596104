import { defer, map, type OperatorFunction } from 'rxjs'
import { RecentScores } from '../lines/recent-scores.ts'
import { OptionError } from '../text/option-error.ts'

export interface CalibrateOptions {
  /** The share of lines to flag, between 0 and 1 */
  readonly alertRate?: number
  /** How many of the last lines a line is compared with, at least twice as many as have to be known before one is flagged */
  readonly window?: number
  /** The scores of the last lines, made with the same rate: to save them, and to go on from those that were saved. Each subscription has its own unless given. */
  readonly recent?: RecentScores
}

export interface Calibrated {
  /** How many of the lines before it had a lower score, in percent; undefined while too few are known to tell */
  readonly percentile: number | undefined
  /** Whether the line is among the `alertRate` most surprising */
  readonly alert: boolean
  /** How many more lines have to be known before one can be an alert: 0 after the warm-up */
  readonly warmUp: number
}

/**
 * Ranks each line's score among those of the lines before it, so that an alert means the same on any log: about `alertRate` of the lines are alerts, also
 * when the log changes. No line is flagged before there are enough to find the flagged share among them (at least 100). Throws OptionError.
 *
 *     source                          --l1--------------l2---------------|
 *     calibrate({ alertRate: 0.01 })  --(l1, 50.0, no)--(l2, 99.7, yes)--|
 *
 *     text$.pipe(learn(model), surprise(), lines(), score(), calibrate({ alertRate: 0.01 }))
 */
export function calibrate<L extends { readonly score: number }>({
  alertRate = 0.01,
  window = 2000,
  recent: given,
}: CalibrateOptions = {}): OperatorFunction<L, L & Calibrated> {
  if (!(alertRate > 0 && alertRate < 1)) throw new OptionError('alertRate', `alertRate is ${alertRate}, but it must be a number between 0 and 1`)
  if (!(Number.isInteger(window) && window >= 1)) throw new OptionError('window', `window is ${window}, but it must be a whole number from 1`)
  return (source) =>
    defer(() => {
      const recent = given ?? new RecentScores({ rate: alertRate, window })
      return source.pipe(
        map((line) => {
          const percentile = recent.percentile(line.score)
          const { warmUp } = recent
          return { ...line, percentile, alert: recent.add(line.score), warmUp }
        }),
      )
    })
}
