import type { Readable } from 'node:stream'
import { Observable } from 'rxjs'
import { Pace, type PullOptions } from './pace.ts'

/**
 * The bytes of a Node stream. It pulls: more is read only when the last chunk has been dealt with and `ready` agrees, so a slow receiver holds up the
 * source instead of filling the memory. An idle stream is released as soon as nobody listens; it is destroyed, for what was read of it is gone.
 *
 *     fromReadable(createReadStream('app.log')).pipe(learn(model))
 */
export function fromReadable(readable: Readable, options?: PullOptions): Observable<Uint8Array> {
  return new Observable((subscriber) => {
    const pace = new Pace(options)
    const stopped = () => subscriber.closed
    let busy = false
    let ended = false
    const finish = () => {
      ended = true
      if (!busy) subscriber.complete()
    }
    const pull = async () => {
      if (busy) return
      busy = true
      for (let chunk = read(readable); chunk !== undefined && !subscriber.closed; chunk = read(readable)) {
        const bytes = chunk
        await pace.deliver(bytes.length, (from, to) => subscriber.next(bytes.subarray(from, to)), stopped)
      }
      busy = false
      if (ended) subscriber.complete()
    }
    const onReadable = () => void pull().catch((error: unknown) => subscriber.error(error))
    const onError = (error: unknown) => subscriber.error(error)
    const onClose = () => {
      if (!readable.readableEnded) subscriber.error(new Error('the stream was closed before its end'))
    }
    readable.on('readable', onReadable).on('end', finish).on('close', onClose).on('error', onError)
    return () => {
      readable.off('readable', onReadable).off('end', finish).off('close', onClose).off('error', onError)
      // a late error of a stream that nobody listens to must not end the process
      readable.on('error', () => {})
      readable.destroy()
    }
  })
}

function read(readable: Readable): Uint8Array | undefined {
  const chunk: unknown = readable.read()
  if (typeof chunk === 'string') return new TextEncoder().encode(chunk)
  return chunk instanceof Uint8Array ? chunk : undefined
}
