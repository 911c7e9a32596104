import type { Writable } from 'node:stream'

/** Where a command writes to: a pipe, a file or a terminal whose reader may be slow or go away at any time */
export interface Sink {
  /** Hands on at once. After the reader has gone it does nothing. */
  write(chunk: string | Uint8Array): void
  /** Undefined while the reader keeps up; else a promise that resolves when there is room again, or nobody reads any more */
  ready(): Promise<void> | undefined
  /** Resolves when the reader has gone: a closed pipe is no error */
  readonly closed: Promise<void>
  /** Resolves when everything has been handed to the system */
  end(): Promise<void>
}

/**
 * A Node stream as a sink.
 *
 *     const output = sink(process.stdout)
 *     stdin({ ready: () => output.ready() }).subscribe((chunk) => output.write(chunk))
 */
export function sink(writable: Writable): Sink {
  let gone = false
  const closed = new Promise<void>((resolve) => {
    const close = () => {
      gone = true
      resolve()
    }
    writable.on('error', close).on('close', close)
  })
  return {
    closed,
    write(chunk) {
      if (!gone) writable.write(chunk)
    },
    ready() {
      if (gone || !writable.writableNeedDrain) return undefined
      const drained = new Promise<void>((resolve) => {
        writable.once('drain', resolve)
      })
      return Promise.race([drained, closed])
    },
    async end() {
      if (gone || writable.writableLength === 0) return
      const flushed = new Promise<void>((resolve) => {
        writable.write('', () => resolve())
      })
      await Promise.race([flushed, closed])
    },
  }
}
