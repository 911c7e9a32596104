import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import {
  type Broker,
  type Bucket,
  CHECKPOINT_SUBJECTS,
  type Entry,
  type Message,
  type PublishOptions,
  type Reading,
} from '../../streams/nats/broker.ts'
import type { LeaseRecord } from '../../streams/nats/lease.ts'
import { EVENT_SUBJECTS } from '../../streams/nats/subjects.ts'
import { Process, type Scheduler } from './scheduler.ts'

/** What a server leaves out, to show that the protocol needs it */
export interface Missing {
  /** Leases are written without a look at their revision */
  readonly compareAndSet?: boolean
  /** Events are stored without a look at the one before */
  readonly expectedSequence?: boolean
}

interface Stored {
  readonly sequence: number
  readonly data: string | Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/** A text that was published */
export interface StoredText {
  readonly key: string
  readonly subject: string
  readonly data: Uint8Array
}

const LEASE = 'partition.'

/** What a server with JetStream holds, in memory. It looks at everything that is written, and `fault` says what must not have been. */
export class SimulatedServer {
  readonly scheduler: Scheduler
  readonly texts: readonly StoredText[]
  readonly payload: number
  /** How many texts are there yet */
  published: number
  /** The probability that a request is not answered */
  faults: number
  fault: string | undefined
  /** How often it was started again */
  starts = 0
  /** Called when a text comes, or the server goes */
  readonly readers: Set<() => void> = new Set<() => void>()
  readonly leases: Map<string, Entry> = new Map<string, Entry>()
  readonly workers: Map<string, Entry & { readonly at: number }> = new Map<string, Entry & { readonly at: number }>()
  readonly events: Map<string, readonly string[]> = new Map<string, readonly string[]>()
  readonly #missing: Missing
  readonly #expected: ReadonlyMap<string, readonly string[]>
  readonly #last = new Map<string, Stored>()
  /** Names that the records point to, of each record */
  readonly #pointed = new Map<string, ReadonlySet<string>>()
  #sequence = 0

  /** `expected` are the events that each subject should have at the end */
  constructor(
    scheduler: Scheduler,
    texts: readonly StoredText[],
    expected: ReadonlyMap<string, readonly string[]>,
    options: { readonly payload: number; readonly faults: number; readonly published: number; readonly missing: Missing },
  ) {
    this.scheduler = scheduler
    this.texts = texts
    this.#expected = expected
    this.#missing = options.missing
    this.payload = options.payload
    this.faults = options.faults
    this.published = options.published
  }

  restart(): void {
    this.starts += 1
    this.#tellReaders()
  }

  publishNext(): void {
    this.published = Math.min(this.texts.length, this.published + 1)
    this.#tellReaders()
  }

  recordOf(key: string): LeaseRecord | undefined {
    const value = this.leases.get(key)?.value
    return value === undefined ? undefined : JSON.parse(value)
  }

  last(subject: string): Stored | undefined {
    return this.#last.get(subject)
  }

  /** The subjects that start so */
  subjects(start: string): readonly string[] {
    return [...this.#last.keys()].filter((subject) => subject.startsWith(start))
  }

  /** The bytes of a blob; undefined when a part is missing */
  blob({ name, parts }: { readonly name: string; readonly parts: number }): Uint8Array | undefined {
    const found = Array.from({ length: parts }, (_, i) => this.#last.get(`${CHECKPOINT_SUBJECTS}${name}.${i}`)?.data)
    return found.includes(undefined) ? undefined : Buffer.concat(found.map((data) => Buffer.from(data!)))
  }

  put(bucket: 'leases' | 'workers', key: string, value: string | undefined, expected: number | undefined): number {
    const records: Map<string, Entry> = this[bucket]
    const revision = records.get(key)?.revision ?? 0
    if (expected !== undefined && expected !== revision && this.#missing.compareAndSet !== true) throw wrongSequence()
    this.#sequence += 1
    if (bucket === 'leases' && key.startsWith(LEASE)) this.#checkRecord(key, value)
    records.set(key, Object.assign({ value, revision: this.#sequence }, bucket === 'workers' ? { at: this.scheduler.now } : {}))
    return this.#sequence
  }

  publish(subject: string, data: string | Uint8Array, { expected, headers = {} }: PublishOptions): number {
    const last = this.#last.get(subject)?.sequence ?? 0
    if (expected !== undefined && expected !== last && this.#missing.expectedSequence !== true) throw wrongSequence()
    this.#sequence += 1
    this.#last.set(subject, { sequence: this.#sequence, data, headers })
    if (subject.startsWith(EVENT_SUBJECTS)) this.#checkEvent(subject, String(data))
    return this.#sequence
  }

  /** The first event that should be there and is not */
  missingEvent(): string | undefined {
    for (const [subject, { length }] of this.#expected) {
      const found = this.events.get(subject)?.length ?? 0
      if (found < length) return `${subject} has ${found} events, and not ${length}`
    }
    return undefined
  }

  /** Removes what starts so */
  purge(start: string): void {
    for (const names of this.#pointed.values())
      for (const name of names) if (`${CHECKPOINT_SUBJECTS}${name}.`.startsWith(start)) this.#fail(`${name} is removed, and is pointed to`)
    for (const subject of this.subjects(start)) this.#last.delete(subject)
  }

  #checkEvent(subject: string, data: string): void {
    const before = this.events.get(subject) ?? []
    this.events.set(subject, [...before, data])
    const expected = this.#expected.get(subject)?.[before.length]
    if (data !== expected) this.#fail(`event ${before.length} of ${subject} is ${data}, and not ${expected}`)
  }

  #checkRecord(key: string, value: string | undefined): void {
    const before = this.recordOf(key)
    const record: LeaseRecord = JSON.parse(value!)
    if (before !== undefined && (record.epoch < before.epoch || record.covered < before.covered))
      this.#fail(`${key} falls back from epoch ${before.epoch}, covered ${before.covered} to ${record.epoch}, ${record.covered}`)
    if (before !== undefined && record.epoch === before.epoch && record.owner !== null && record.owner !== before.owner)
      this.#fail(`${key} has two owners in epoch ${record.epoch}: ${before.owner} and ${record.owner}`)
    if (record.index === before?.index || record.index?.name === before?.index?.name) return
    const index = record.index === null ? undefined : this.blob(record.index)
    const blobs: readonly (readonly [string, { readonly name: string; readonly parts: number }])[] =
      index === undefined ? [] : JSON.parse(new TextDecoder().decode(index))
    const lost = index === undefined ? record.index : blobs.find(([, blob]) => this.blob(blob) === undefined)
    if (lost) this.#fail(`${key} points to what is not there: ${JSON.stringify(lost)}`)
    this.#pointed.set(key, new Set([record.index!.name, ...blobs.map(([, { name }]) => name)]))
  }

  #fail(fault: string): void {
    this.fault ??= fault
  }

  #tellReaders(): void {
    for (const tell of this.readers) tell()
  }
}

function wrongSequence(): Error {
  return new JetStreamApiError({ code: 400, err_code: 10071, description: 'wrong last sequence' })
}

/** Milliseconds after which a worker is forgotten */
const FORGET = 15_000
/** Milliseconds after which a request is given up */
const TIMEOUT = 1000

/** A connection of a process to the server. What is asked may be lost, may be done without an answer, and may be done after the answer is not waited for any more. */
export class SimulatedBroker implements Broker {
  readonly clock: Process
  readonly payload: number
  readonly streamCreated = 'once'
  readonly leases: Bucket
  readonly workers: Bucket
  readonly #server: SimulatedServer

  constructor(server: SimulatedServer) {
    this.#server = server
    this.payload = server.payload
    this.clock = new Process(server.scheduler)
    this.leases = this.#bucket('leases')
    this.workers = this.#bucket('workers')
  }

  workerNames(): Promise<readonly string[]> {
    return this.#ask(({ workers, scheduler }) => {
      for (const [name, { at }] of workers) if (scheduler.now - at > FORGET) workers.delete(name)
      return [...workers.keys()]
    })
  }

  publish(subject: string, data: string | Uint8Array, options: PublishOptions = {}): Promise<number> {
    return this.#ask((server) => server.publish(subject, data, options))
  }

  last(_: string, subject: string): Promise<Message | undefined> {
    return this.#ask((server) => {
      const found = server.last(subject)
      return found && { subject, sequence: found.sequence, data: Buffer.from(found.data), header: (name: string) => found.headers[name] }
    })
  }

  subjects(_: string, filter: string): Promise<readonly string[]> {
    return this.#ask((server) => server.subjects(filter.slice(0, -1)))
  }

  purge(_: string, filter: string): Promise<void> {
    return this.#ask((server) => server.purge(filter.slice(0, -1)))
  }

  firstText(): Promise<number | undefined> {
    return this.#ask(({ published }) => (published > 0 ? 1 : undefined))
  }

  readTexts(from: number): Promise<Reading> {
    return this.#ask(() => this.#reading(from))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #bucket(name: 'leases' | 'workers'): Bucket {
    return {
      get: (key) => this.#ask((server) => server[name].get(key)),
      put: (key, value, expected) => this.#ask((server) => server.put(name, key, value, expected)),
      remove: (key) => this.#ask((server) => void server.put(name, key, undefined, undefined)),
    }
  }

  #ask<T>(work: (server: SimulatedServer) => T): Promise<T> {
    const server = this.#server
    const { scheduler, starts } = server
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(new errors.TimeoutError())
      const answered = !scheduler.chance(server.faults)
      const reaches = answered || scheduler.chance(0.5)
      if (!answered) scheduler.add(giveUp, this.clock, TIMEOUT)
      if (!reaches) return
      scheduler.add(() => {
        if (server.starts !== starts) return scheduler.add(giveUp, this.clock, TIMEOUT)
        try {
          const result = work(server)
          scheduler.add(() => resolve(result), this.clock)
        } catch (error) {
          scheduler.add(() => reject(error), this.clock)
        }
      })
    })
  }

  #reading(from: number): Reading {
    const server = this.#server
    const { scheduler, starts } = server
    let next = from
    let isStopped = false
    let wake: (() => void) | undefined
    const look = () => wake?.()
    server.readers.add(look)
    const isOver = () => isStopped || server.starts !== starts
    const received = (): Promise<IteratorResult<Message>> =>
      new Promise((resolve) => {
        wake = () => {
          if (!isOver() && next > server.published) return
          wake = undefined
          scheduler.add(() => {
            if (isOver()) return resolve({ done: true, value: undefined })
            const { subject, data } = server.texts[next - 1]!
            resolve({ done: false, value: { sequence: next++, subject, data, header: () => undefined } })
          }, this.clock)
        }
        wake()
      })
    const stop = () => {
      isStopped = true
      look()
      server.readers.delete(look)
    }
    return { stop, [Symbol.asyncIterator]: () => ({ next: received }) }
  }
}
