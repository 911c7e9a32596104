import { once } from 'node:events'
import { createGzip } from 'node:zlib'
import { Gate } from '../../async.ts'

/** How many bytes gzip -9 makes of a stream, which is compressed on another thread as it comes */
export class GzipSize {
  readonly #gzip = createGzip({ level: 9 })
  readonly #gate = new Gate(() => !this.#gzip.writableNeedDrain)
  #bytes = 0

  constructor() {
    this.#gzip.on('data', (chunk: Uint8Array) => (this.#bytes += chunk.length)).on('drain', () => this.#gate.check())
  }

  add(bytes: Uint8Array): void {
    this.#gzip.write(bytes)
  }

  /** Undefined while it keeps up; else a promise that resolves when it has caught up */
  ready(): Promise<void> | undefined {
    return this.#gate.ready()
  }

  async end(): Promise<number> {
    const ended = once(this.#gzip, 'end')
    this.#gzip.end()
    await ended
    return this.#bytes
  }
}
