/*
 * What waits for what, in every room and in browsers
 */

/** Runs jobs in the order in which they were asked for: one after the other, or of each key one after the other */
export class Serial {
  readonly #last = new Map<string, Promise<void>>()

  /** Runs a job when everything before it is done, whether that succeeded or not */
  run<T>(job: () => T | Promise<T>, key = ''): Promise<T> {
    const result = (this.#last.get(key) ?? Promise.resolve()).then(job)
    const forget = () => {
      if (this.#last.get(key) === done) this.#last.delete(key)
    }
    const done = result.then(forget, forget)
    this.#last.set(key, done)
    return result
  }

  /** Whether nothing runs or waits */
  get isIdle(): boolean {
    return this.#last.size === 0
  }

  /** Resolves when everything that was asked for before is done, whether that succeeded or not */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values())
  }
}

/** Makes those wait who have more while there is no room for it */
export class Gate {
  readonly #isOpen: () => boolean
  #waiting: (() => void)[] = []

  constructor(isOpen: () => boolean) {
    this.#isOpen = isOpen
  }

  /** Undefined while there is room; else a promise that resolves when there is again */
  ready(): Promise<void> | undefined {
    if (this.#isOpen()) return undefined
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  /** To be called when there may be room again */
  check(): void {
    if (this.#isOpen()) for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
