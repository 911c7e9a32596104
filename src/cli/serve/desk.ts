import type { ErrorCode } from '../../../streams/protocol.ts'
import type { Chunk } from '../../model/decoder.ts'
import type { Figures, FromLearner, LearnerSettings } from './messages.ts'
import type { Models } from './models.ts'
import type { Turns } from './turns.ts'

/** What the connections of a learner's thread share */
export interface Desk {
  readonly settings: LearnerSettings
  readonly models: Models
  readonly turns: Turns
  readonly figures: Figures
  readonly post: (message: FromLearner) => void
  /** Nothing is left of a connection */
  readonly left: (id: number) => void
}

/** A connection in a learner's thread */
export interface Session {
  frame(chunk: Chunk): void
  /** So many characters of JSON have left for the client */
  flushed(length: number): void
  gone(): void
  /** Lets the client know that somebody is there */
  alive(): void
}

/** A refusal that ends a connection */
export class Refusal extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

const POLICY = 1008
const INTERNAL = 1011
const TRY_AGAIN_LATER = 1013

/** The WebSocket close code that goes with an error */
export function closeCodeOf(code: ErrorCode): number {
  if (code === 'internal') return INTERNAL
  return code === 'unavailable' || code === 'too-many-producers' ? TRY_AGAIN_LATER : POLICY
}
