import type { Worker } from 'node:worker_threads'

export interface ThreadListener<From> {
  message(message: From): void
  /** It ended, and nobody had asked for that */
  died(error: Error): void
}

/** A worker thread that takes messages and answers with others, until it is ended */
export class Thread<To, From> {
  readonly #worker: Worker
  #ended = false

  constructor(worker: Worker, listener: ThreadListener<From>) {
    this.#worker = worker
    let cause: Error | undefined
    worker.on('message', (message: From) => {
      if (!this.#ended) listener.message(message)
    })
    worker.on('error', (error: Error) => (cause = error))
    // after all messages that it had sent
    worker.on('exit', (code) => {
      if (!this.#ended) listener.died(cause ?? new Error(`a thread ended with ${code}`))
    })
  }

  post(message: To, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
  }

  /** Ends it at once */
  async end(): Promise<void> {
    this.#ended = true
    await this.#worker.terminate()
  }
}
