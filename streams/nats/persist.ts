import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import type { Clock } from '../clock.ts'

/** Codes of JetStream that are about the server's state, not the request: no responders, out of resources, unavailable, not enabled */
const PASSING = new Set([10008, 10023, 10039, 10074, 10076])
/** Another message had come on that subject before */
const WRONG_LAST_SEQUENCE = new Set([10071, 10164])

const PAUSE = 100

/** Whether a request was refused because something else was written first */
export function isWrongSequence(error: unknown): boolean {
  return error instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.has(error.code)
}

/** Another try may succeed */
export class AgainError extends Error {
  override readonly name = 'AgainError'
}

/** No use to continue: nobody waits for it any more */
export class AbandonedError extends Error {
  override readonly name = 'AbandonedError'
}

/** Whether the server is away or not ready, so that another try may succeed. A request without an answer may have been carried out. */
export function isPassing(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return PASSING.has(error.code)
  // that is how a server answers before its streams are there; the class is not exported
  if (error instanceof Error && error.name === 'JetStreamNotEnabled') return true
  return PASSING_CLASSES.some((kind) => error instanceof kind)
}

const PASSING_CLASSES = [
  AgainError,
  errors.TimeoutError,
  errors.RequestError,
  errors.NoRespondersError,
  errors.ConnectionError,
  errors.ClosedConnectionError,
]

/** Tries again while the server is away, until it answers or `isWanted` says no. For requests that do no harm when they are made twice. Rejects with AbandonedError. */
export async function persist<T>(request: () => Promise<T>, isWanted: () => boolean, clock: Clock): Promise<T> {
  for (;;) {
    if (!isWanted()) throw new AbandonedError('given up: nobody waits for it any more')
    try {
      return await request()
    } catch (error) {
      if (!isPassing(error)) throw error
      await clock.sleep(PAUSE)
    }
  }
}
