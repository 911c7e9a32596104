import type { Clock } from '../clock.ts'

export const TEXTS = 'RXRNN_TEXT'
export const EVENTS = 'RXRNN_EVENTS'
export const CHECKPOINTS = 'RXRNN_CHECKPOINTS'
export const CHECKPOINT_SUBJECTS = 'rxrnn.checkpoint.'

/** A record of a bucket. One that was removed has no value, but a revision. */
export interface Entry {
  readonly value: string | undefined
  readonly revision: number
}

/** Records by their keys. Each write is another revision. */
export interface Bucket {
  get(key: string): Promise<Entry | undefined>
  /** Resolves with the new revision. With the revision that the record must be at (0: there is none) it is a compare-and-set. */
  put(key: string, value: string, expected?: number): Promise<number>
  remove(key: string): Promise<void>
}

export interface Message {
  readonly sequence: number
  readonly subject: string
  readonly data: Uint8Array
  header(name: string): string | undefined
}

export interface PublishOptions {
  /** The sequence of the subject's last message (0: there is none): it is refused when there is another one */
  readonly expected?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** The messages of a stream in order; ends when it is stopped, or when the server may have forgotten who reads */
export interface Reading extends AsyncIterable<Message> {
  stop(): void
}

/**
 * All that the protocol of the workers needs of a server: streams of texts, events and checkpoints, and buckets of leases and workers. `NatsBroker` is NATS
 * JetStream; the tests have one in memory. Any request may fail with an error that `isPassing` knows, and then it may have been carried out, or be later.
 */
export interface Broker {
  readonly clock: Clock
  /** Bytes that fit into one message, with room for headers */
  readonly payload: number
  /** When the stream of texts was made: one that was made anew is another one */
  readonly streamCreated: string
  readonly leases: Bucket
  /** It forgets who does not say for some time that it is there */
  readonly workers: Bucket
  workerNames(): Promise<readonly string[]>
  /** Resolves with the message's sequence in its stream */
  publish(subject: string, data: string | Uint8Array, options?: PublishOptions): Promise<number>
  /** The last message of a subject, if any */
  last(stream: string, subject: string): Promise<Message | undefined>
  /** The subjects that have messages, of those that fit */
  subjects(stream: string, filter: string): Promise<readonly string[]>
  /** Removes the messages of the subjects that fit */
  purge(stream: string, filter: string): Promise<void>
  /** The sequence of the first text that is still there, if any is */
  firstText(): Promise<number | undefined>
  readTexts(from: number): Promise<Reading>
  close(): Promise<void>
}
