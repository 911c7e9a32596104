export interface PullOptions {
  /** What has to happen before more is read: a promise of a slow output, or undefined when it keeps up */
  readonly ready?: () => Promise<void> | undefined
}

const TURN = 8
const SMALLEST = 16
const LARGEST = 65536

/**
 * Hands chunks on in pieces, so that one turn of the event loop stays under about 10 ms however slow the receiver is: it measures how long the last
 * piece took, cuts the next one accordingly, and lets the loop turn when 8 ms have gone by. Cuts anywhere; receivers put cut characters together.
 */
export class Pace {
  readonly #ready: () => Promise<void> | undefined
  #piece = 256
  #busy = 0

  constructor({ ready = () => undefined }: PullOptions = {}) {
    this.#ready = ready
  }

  /** Hands on a whole chunk of that length as pieces [from, to), unless `stopped` says that nobody wants it any more */
  async deliver(length: number, emit: (from: number, to: number) => void, stopped: () => boolean): Promise<void> {
    for (let from = 0; from < length && !stopped(); ) {
      await this.#ready()
      if (this.#busy > TURN) await this.#turn()
      if (stopped()) return
      const to = Math.min(from + this.#piece, length)
      const start = performance.now()
      emit(from, to)
      this.#account(performance.now() - start)
      from = to
    }
  }

  #account(milliseconds: number): void {
    this.#busy += milliseconds
    if (milliseconds > TURN / 2) this.#piece = Math.max(SMALLEST, this.#piece >> 1)
    else if (milliseconds < TURN / 8) this.#piece = Math.min(LARGEST, this.#piece << 1)
  }

  async #turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.#busy = 0
  }
}
