import { Worker } from 'node:worker_threads'
import type { FromThread, Placed, ThreadSettings, ToThread } from './messages.ts'

export interface ThreadListener {
  message(message: FromThread): void
  /** It ended, and nobody had asked for that */
  died(error: Error): void
}

/** A worker thread that learns */
export class Thread {
  readonly #worker: Worker
  #ended = false

  constructor(settings: ThreadSettings, listener: ThreadListener) {
    this.#worker = new Worker(new URL('./pool-thread.js', import.meta.url), { workerData: settings })
    let cause: Error | undefined
    this.#worker.on('message', (message: FromThread) => {
      if (!this.#ended) listener.message(message)
    })
    this.#worker.on('error', (error: Error) => (cause = error))
    // after all messages that it had sent
    this.#worker.on('exit', (code) => {
      if (!this.#ended) listener.died(cause ?? new Error(`a thread ended with ${code}`))
    })
  }

  learn(text: Placed): void {
    this.#post({ kind: 'text', text })
  }

  save(): void {
    this.#post({ kind: 'save' })
  }

  close(): void {
    this.#post({ kind: 'close' })
  }

  /** Ends it at once */
  end(): void {
    this.#ended = true
    void this.#worker.terminate()
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message, [])
  }
}
