import type { AlertOptions } from '../alerts/pipeline.ts'
import type { Chunk } from '../text/decoder.ts'
import { EVENT_TYPES, type LearnerEvent, type EventType } from '../alerts/events.ts'
import type { Preset } from '../network/options.ts'
import type { GivenOptions } from '../network/options.ts'

/*
 * Messages between the thread of the sockets and those of the learners. Connections have numbers.
 */

/** What a client may ask for: `alert` is the lines that are alerts, and no others; `trace` is for those who want to see how it learns */
export type ServedType = EventType | 'alert' | 'trace'

export const SERVED_TYPES: readonly ServedType[] = [...EVENT_TYPES, 'alert', 'trace']

/** Whether an event is one of those that were asked for */
export function isAskedFor(event: LearnerEvent, types: readonly ServedType[]): boolean {
  return types.includes(event.type) || (event.type === 'line' && event.alert && types.includes('alert'))
}

/** A connection as a learner knows it */
export interface Opening {
  readonly id: number
  readonly mode: 'learn' | 'watch'
  /** Whether the client speaks rxrnn.v1 */
  readonly protocol: 'plain' | 'rxrnn.v1'
  /** The name of a shared model; undefined for a private one */
  readonly name: string | undefined
  readonly producer: string
  readonly types: readonly ServedType[]
  /** What a private learner is asked to be; undefined for what the server makes of its own accord */
  readonly preset: Preset | undefined
}

export type ToLearner =
  | { readonly kind: 'open'; readonly opening: Opening }
  /** Frames that came, and how many characters of events have left for the client */
  | { readonly kind: 'frames'; readonly id: number; readonly chunks: readonly Chunk[]; readonly flushed: number }
  /** So many characters of events have left for the client */
  | { readonly kind: 'flushed'; readonly id: number; readonly length: number }
  /** The client has gone: nothing more comes */
  | { readonly kind: 'gone'; readonly id: number }
  /** Remove a shared model that nobody uses, and report `removal` */
  | { readonly kind: 'remove'; readonly name: string }
  /** Learn what has come, for so many milliseconds at the most; save; and report `stopped` */
  | { readonly kind: 'stop'; readonly patience: number }

export type FromLearner =
  | { readonly kind: 'event'; readonly id: number; readonly json: string }
  /** So much of the frames of a connection was dealt with */
  | { readonly kind: 'settled'; readonly id: number; readonly length: number }
  | { readonly kind: 'close'; readonly id: number; readonly code: number; readonly reason: string }
  /** Nothing is left of a connection */
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'figures'; readonly figures: Figures }
  | { readonly kind: 'log'; readonly entry: LogEntry }
  /** A shared model is there now, or nothing is left of it */
  | { readonly kind: 'known'; readonly name: string; readonly there: boolean }
  | { readonly kind: 'removal'; readonly name: string; readonly removal: Removal }
  /** `saved` is whether all shared models are */
  | { readonly kind: 'stopped'; readonly saved: boolean }

/** What became of the wish to remove a model: it is in use, or could not be removed, or is gone */
export type Removal = 'removed' | 'in-use' | 'failed'

/** A line of the log, never with text of clients; `event` is for programs that read it */
export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error'
  readonly event: string
  readonly message: string
  readonly model?: string
  readonly connection?: number
  readonly address?: string
  readonly status?: number
  readonly reason?: string
}

/**
 * What a learner's thread counts from its start: characters learned; checkpoints written and failed; telemetry that gave way to newer, since the client did not
 * read; lines that watchers did not read in time; samples. And how many shared models it has in memory, and of how many the last checkpoint failed.
 */
export const FIGURES = ['characters', 'checkpoints', 'failedCheckpoints', 'coalesced', 'missed', 'samples', 'models', 'failing'] as const

export type Figure = (typeof FIGURES)[number]
export type Figures = Record<Figure, number>

export function zeroCounters(): Figures {
  return { characters: 0, checkpoints: 0, failedCheckpoints: 0, coalesced: 0, missed: 0, samples: 0, models: 0, failing: 0 }
}

/** How the learners are set up, the same for all */
export interface LearnerSettings {
  readonly model: GivenOptions
  /** The folder of the shared models */
  readonly models: string | undefined
  /** Seconds between two checkpoints of a model that learns */
  readonly checkpointEvery: number
  /** Producers of one model whose streams are kept */
  readonly maxProducers: number
  /** Seconds after which a producer that was silent may be forgotten, when there is no room for another one */
  readonly keepProducers: number
  /** Characters per second of one connection */
  readonly maxRate: number | undefined
  /** Whether clients may sample shared models */
  readonly allowSampling: boolean
  /** Whether clients may say of the alerts of shared models what they are worth */
  readonly verdicts: boolean
  /** Whether nobody gets to see what a shared model expects, or the text of others */
  readonly privateEvents: boolean
}

/** How lines are graded that a server learns; of a line its events show so much that one without an end stays small */
export const SERVED_LINES: AlertOptions = { longestLine: 4096 }

/** Without lines there are no alerts that a clock could spoil: then a prediction follows each burst, also one that may be the start of a clock */
export function gradingFor(types: readonly ServedType[]): AlertOptions {
  return types.includes('line') || types.includes('alert') ? SERVED_LINES : { ...SERVED_LINES, mask: [] }
}
