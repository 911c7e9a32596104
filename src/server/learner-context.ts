import type { Chunk } from '../text/decoder.ts'
import type { Figures, FromLearner, LearnerSettings } from './messages.ts'
import type { Models } from './models.ts'
import type { FairScheduler } from './fair-scheduler.ts'

/** What the connections of a learner's thread share */
export interface LearnerContext {
  readonly settings: LearnerSettings
  readonly models: Models
  readonly turns: FairScheduler
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
