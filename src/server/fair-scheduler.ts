/** Something that has work to do, a little at a time */
export interface Job {
  /** Does a little of it; returns whether there is more that can be done now */
  turn(): boolean
}

/**
 * Lets jobs take turns, one after the other, and the event loop between two of them. A job that was idle goes before those that were not, but never more
 * than one of them in a row: so a trickle is not held up by floods, nor a flood by many trickles.
 */
export class FairScheduler {
  readonly #fresh = new Set<Job>()
  readonly #busy = new Set<Job>()
  readonly #after: () => void
  #scheduled = false
  #halted = false
  #idle: () => void = () => {}

  /** `after` is called after each turn */
  constructor(after: () => void) {
    this.#after = after
  }

  /** A job that has work again. Nothing happens to one that has its turn before it anyway. */
  wake(job: Job): void {
    if (!this.#busy.has(job)) this.#fresh.add(job)
    this.#schedule()
  }

  /** Lets the turns continue until there is no work left, for so many milliseconds at the most; there are none after that */
  async finish(patience: number): Promise<void> {
    if (this.#scheduled) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
        setTimeout(resolve, patience)
      })
    }
    this.#halted = true
  }

  #schedule(): void {
    if (this.#scheduled || this.#halted) return
    this.#scheduled = true
    setImmediate(() => this.#run())
  }

  #run(): void {
    this.#scheduled = false
    if (this.#halted) return
    this.#first(this.#fresh)
    this.#first(this.#busy)
    this.#after()
    if (this.#fresh.size + this.#busy.size > 0) this.#schedule()
    else this.#idle()
  }

  #first(jobs: Set<Job>): void {
    const [job] = jobs
    if (job === undefined) return
    jobs.delete(job)
    // at the end of those that are busy
    if (job.turn()) this.#busy.add(job)
  }
}
