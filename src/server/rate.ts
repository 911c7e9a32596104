/** How much may come in a second, on average: what came too fast has to be waited for */
export class Rate {
  readonly #perMillisecond: number
  readonly #now: () => number
  /** When all that came is due */
  #due = -Infinity

  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perMillisecond = perSecond / 1000
    this.#now = now
  }

  /** Records what came; returns how many milliseconds nothing more should, 0 when it came in time */
  take(count: number): number {
    const now = this.#now()
    this.#due = Math.max(this.#due, now) + count / this.#perMillisecond
    // timers are no finer than that
    return this.#due - now < 1 ? 0 : this.#due - now
  }
}
