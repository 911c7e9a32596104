import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Says when something may have happened to a file: when the system says so, and after a while in any case, for the system may say nothing */
export class Changes {
  readonly #path: string
  readonly #poll: number
  #watcher: FSWatcher | undefined
  #pending = false
  #closed = false
  #wake: () => void = () => {}

  constructor(path: string, poll: number) {
    this.#path = path
    this.#poll = poll
    // from now on, for what happens during the first look counts too
    this.#watch()
  }

  /** Resolves at once when something happened since the last call */
  async next(): Promise<void> {
    this.#watch()
    if (!this.#pending && !this.#closed) await this.#sleep()
    this.#pending = false
  }

  close(): void {
    this.#closed = true
    this.#watcher?.close()
    this.#wake()
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#poll)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** The folder is watched, for the file comes and goes; its changes are heard there too */
  #watch(): void {
    if (this.#watcher !== undefined || this.#closed) return
    const base = basename(this.#path)
    try {
      this.#watcher = watch(dirname(this.#path), (_, name) => {
        if (name !== null && !name.startsWith(base)) return
        this.#pending = true
        this.#wake()
      })
      this.#watcher.on('error', () => this.#unwatch())
    } catch {
      // no folder, or too many watchers: polling does
    }
  }

  #unwatch(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }
}
