/** What is known of a name: the revision that was seen last, and since when, in milliseconds of this process */
interface Sight {
  readonly revision: number
  readonly since: number
}

/**
 * Says who is alive by whether their records change, on this process's own clock alone. It decides when to try; what may be done is decided by compare and
 * set. A look that comes late proves nothing: it may be this process that stood still.
 */
export class Liveness {
  readonly #patience: number
  readonly #now: () => number
  readonly #sights = new Map<string, Sight>()
  #lookedAt: number

  /** After so many milliseconds without a change something is dead */
  constructor(patience: number, now: () => number = () => performance.now()) {
    this.#patience = patience
    this.#now = now
    this.#lookedAt = now()
  }

  /** Starts a look at everything */
  look(): void {
    const now = this.#now()
    if (now - this.#lookedAt > this.#patience / 2) this.#sights.clear()
    this.#lookedAt = now
  }

  /** Whether it is alive, for all that is known now */
  isAlive(name: string, revision: number): boolean {
    const sight = this.#sights.get(name)
    if (sight !== undefined && sight.revision === revision) return this.#lookedAt - sight.since <= this.#patience
    this.#sights.set(name, { revision, since: this.#lookedAt })
    return true
  }
}
