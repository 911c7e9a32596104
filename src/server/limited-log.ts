import type { Logger } from 'pino'
import type { LogEntry } from './messages.ts'

const SECOND = 1000
const MOST = 10

/** Logs what clients cause: no more than ten lines a second, and how many it left out */
export class LimitedLog {
  readonly #log: Logger
  #logged = 0
  #omitted = 0

  constructor(log: Logger) {
    this.#log = log
  }

  write({ level, message, ...fields }: LogEntry): void {
    if (this.#logged >= MOST) {
      this.#omitted += 1
      return
    }
    if (this.#logged === 0) setTimeout(() => this.#begin(), SECOND).unref()
    this.#logged += 1
    this.#log[level](fields, message)
  }

  #begin(): void {
    if (this.#omitted > 0) this.#log.warn({ event: 'omitted', lines: this.#omitted }, 'there was too much to log')
    this.#logged = 0
    this.#omitted = 0
  }
}
