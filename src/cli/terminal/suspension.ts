/** What has to be done around Ctrl-Z */
interface Suspendable {
  stop(): void
  resume(): void
}

/** Gives back the terminal before Ctrl-Z stops the process, and takes it again when the process continues */
export class Suspension {
  readonly #parts: Suspendable[] = []
  readonly #stop = () => this.#suspend()
  readonly #continue = () => {
    for (const part of this.#parts) part.resume()
  }

  constructor() {
    process.on('SIGTSTP', this.#stop).on('SIGCONT', this.#continue)
  }

  /** Returns what removes it again */
  add(part: Suspendable): () => void {
    this.#parts.push(part)
    return () => void this.#parts.splice(this.#parts.indexOf(part), 1)
  }

  end(): void {
    process.off('SIGTSTP', this.#stop).off('SIGCONT', this.#continue)
  }

  #suspend(): void {
    for (const part of this.#parts) part.stop()
    // without a listener the signal stops the process, as it would have
    process.off('SIGTSTP', this.#stop)
    process.kill(process.pid, 'SIGTSTP')
    setImmediate(() => process.on('SIGTSTP', this.#stop))
  }
}
