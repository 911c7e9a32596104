import { once } from 'node:events'
import { createGzip } from 'node:zlib'

/** How many bytes gzip -9 makes of a stream, which is compressed on another thread as it comes */
export class GzipSize {
  readonly #gzip = createGzip({ level: 9 })
  #bytes = 0

  constructor() {
    this.#gzip.on('data', (chunk: Uint8Array) => (this.#bytes += chunk.length))
  }

  add(bytes: Uint8Array): void {
    this.#gzip.write(bytes)
  }

  /** Undefined while it keeps up; else a promise that resolves when it has caught up */
  ready(): Promise<void> | undefined {
    if (!this.#gzip.writableNeedDrain) return undefined
    return new Promise((resolve) => {
      this.#gzip.once('drain', resolve)
    })
  }

  async end(): Promise<number> {
    const ended = once(this.#gzip, 'end')
    this.#gzip.end()
    await ended
    return this.#bytes
  }
}
