import { Gate } from '../async.ts'
import { OptionError } from '../text/option-error.ts'

/** More came than may wait: the source does not wait for `ready` */
export class BacklogError extends Error {
  override readonly name = 'BacklogError'
}

/**
 * Text that waits to be learned, and may not be more than so many characters (bytes of binary text). From half of that on a source that pulls is told to
 * wait; one that does not will fail.
 *
 *     const backlog = new Backlog()
 *     pull(messages, { ready: () => backlog.ready() }).pipe(keyed(learnFor, { store, backlog }))
 */
export class Backlog {
  readonly #limit: number
  readonly #gate = new Gate(() => this.#length <= this.#limit / 2)
  #length = 0

  /** Throws OptionError */
  constructor(limit: number = 2 ** 20) {
    if (!(Number.isSafeInteger(limit) && limit >= 2)) throw new OptionError('limit', `limit is ${limit}, but it must be a whole number from 2`)
    this.#limit = limit
  }

  /** Characters that wait */
  get length(): number {
    return this.#length
  }

  /** Undefined while there is room; else a promise that resolves when there is again */
  ready(): Promise<void> | undefined {
    return this.#gate.ready()
  }

  /** Throws BacklogError where there are too many. One text alone may be of any length. */
  add(length: number): void {
    if (this.#length > 0 && this.#length + length > this.#limit) {
      throw new BacklogError(
        `${this.#length} characters wait to be learned, and ${length} more would be over the limit of ${this.#limit}: let the source wait for ready(), or raise the limit`,
      )
    }
    this.#length += length
  }

  remove(length: number): void {
    this.#length -= length
    this.#gate.check()
  }
}
