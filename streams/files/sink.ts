import { appendFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { Gate } from '../../src/async.ts'
import { FileError } from './file.ts'
import { isSystemError } from '../reason.ts'

/** Where a command writes to: a pipe, a file or a terminal whose reader may be slow or go away at any time */
export interface Sink {
  /** Hands on at once. When nothing more can be written it does nothing. */
  write(chunk: string | Uint8Array): void
  /** Undefined while the reader keeps up; else a promise that resolves when there is room again, or nothing more can be written */
  ready(): Promise<void> | undefined
  /** Resolves when the reader has gone: a closed pipe is no error. Rejects with FileError when writing fails, as on a full disk. */
  readonly closed: Promise<void>
  /** Resolves with whether the system has taken everything that was written so far; false when the reader has gone or writing failed before that */
  flushed(): Promise<boolean>
  /** Resolves when everything has been handed to the system, or the reader has gone. Rejects with FileError when writing fails. */
  end(): Promise<void>
}

/**
 * A Node stream as a sink.
 *
 *     const output = sink(process.stdout)
 *     stdin({ ready: () => output.ready() }).subscribe((chunk) => output.write(chunk))
 */
export function sink(writable: Writable): Sink {
  const [target, name] = writable === process.stdout ? [standardOutput(), 'standard output'] : [writable, 'the output']
  let ended = false
  const isOpen = () => !ended && target.errored == null
  const gate = new Gate(() => !isOpen() || !target.writableNeedDrain)
  let finish: (error?: Error | null) => void
  const closed = new Promise<void>((resolve, reject) => {
    finish = (error) => {
      ended = true
      if (error == null || isSystemError(error, 'EPIPE', 'ERR_STREAM_DESTROYED')) resolve()
      else reject(new FileError(name, error, 'write'))
      gate.check()
    }
    target
      .on('error', finish)
      .on('close', () => finish())
      .on('drain', () => gate.check())
  })
  const settled = closed.catch(() => {})
  // standard output forgets its error before it emits it, so that each write has to look at its own
  const written = (error?: Error | null) => {
    if (error != null) finish(error)
  }
  const flushed = async () => {
    if (isOpen() && target.writableLength > 0) {
      const taken = new Promise<void>((resolve) => {
        target.write('', () => resolve())
      })
      await Promise.race([taken, settled])
    }
    return isOpen()
  }
  return {
    closed,
    flushed,
    write(chunk) {
      if (isOpen()) target.write(chunk, written)
    },
    ready: () => gate.ready(),
    async end() {
      if (!(await flushed())) await closed
    },
  }
}

/** Into files Node writes once and ignores how much of it was taken; where it does not know what it writes to, it writes nothing */
function standardOutput(): Writable {
  if (process.stdout instanceof Socket) return process.stdout
  return new Writable({
    write(chunk: Uint8Array, _, done) {
      try {
        appendFileSync(1, chunk)
        done()
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    },
  })
}
