import type { Archive } from '../archive.ts'
import { RecentScores, type RecentScoresOptions } from './recent-scores.ts'

/**
 * Decides which characters are not to be learned: those of a line from where its surprise exceeds what all but a share of the lines come to in all. It
 * judges by what was there before, so no character has a say in whether it is learned itself. A change that lasts is muted for some lines only,
 * as then the share is used up.
 */
export class Muting {
  readonly #recent: RecentScores
  /** The squared bits of the line so far */
  #sum = 0
  #bar = Infinity

  constructor(options?: RecentScoresOptions) {
    this.#recent = new RecentScores(options)
  }

  transfer(archive: Archive): void {
    this.#recent.transfer(archive, 'muting')
    this.#sum = archive.real('muting.sum', this.#sum)
    this.#bar = this.#recent.bar
  }

  /** Characters of a line with these losses, in nats: sets `weights` from `first` on to 0 for those that are not to be learned */
  push(losses: Float64Array, weights: Float64Array, first: number): void {
    for (let i = 0; i < losses.length; i++) {
      const bits = losses[i]! / Math.LN2
      this.#sum += bits * bits
      if (this.#sum > this.#bar) weights[first + i] = 0
    }
  }

  /** The line has ended */
  end(): void {
    this.#recent.add(this.#sum)
    this.#bar = this.#recent.bar
    this.#sum = 0
  }
}
