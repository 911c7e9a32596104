import { createHash } from 'node:crypto'
import { type BlobName, Blobs } from '../../streams/nats/blobs.ts'
import type { Broker } from '../../streams/nats/broker.ts'
import { EventLog } from '../../streams/nats/event-log.ts'
import type { Lease } from '../../streams/nats/lease.ts'
import { Backlog } from '../keyed/backlog.ts'
import type { KeyedStore, KeyedText, LearnFor } from '../keyed/keyed-learner.ts'
import { KeyedLearners } from '../keyed/keyed-learners.ts'

export interface PartitionOptions {
  readonly learnFor: LearnFor<object>
  /** Learners in memory */
  readonly resident: number
  /** Told of what ends the ownership: the partition was lost, or something failed */
  readonly failed: (error: unknown, partition: Partition) => void
}

type Index = ReadonlyMap<string, BlobName>

/** A partition that this process owns: the learners of its keys, their events, and the checkpoints that a successor resumes from */
export class Partition {
  readonly lease: Lease
  /** All texts up to this sequence were handed to `learn`, or are of other partitions */
  read: number
  readonly #broker: Broker
  readonly #learners: KeyedLearners<object>
  readonly #events: EventLog
  readonly #store: CheckpointBlobs
  readonly #backlog = new Backlog()
  /** Sequences of texts whose learning is not complete, in order */
  readonly #underway = new Set<number>()
  #output: object[] = []
  #checkpoint: Promise<void> | undefined
  #ended = false

  /** Continues from what the lease points to. Tries again while the server is away; rejects with FencedError, or when a checkpoint is missing. */
  static async open(broker: Broker, lease: Lease, options: PartitionOptions): Promise<Partition> {
    const partition = new Partition(broker, lease, options)
    try {
      await partition.#store.open(lease)
    } catch (error) {
      throw await partition.#reasonOf(error)
    }
    return partition
  }

  private constructor(broker: Broker, lease: Lease, { learnFor, resident, failed }: PartitionOptions) {
    const isWanted = () => !this.#ended
    this.lease = lease
    this.read = lease.record.covered
    this.#broker = broker
    this.#events = new EventLog(broker, isWanted)
    this.#store = new CheckpointBlobs(new Blobs(broker, isWanted), lease)
    this.#learners = new KeyedLearners(
      learnFor,
      { store: this.#store, resident, backlog: this.#backlog },
      {
        output: (_, event) => this.#output.push(event),
        learned: (text) => this.#learned(text),
        failed: (error) => void this.#fail(error, failed),
      },
    )
  }

  /** Learns a text that has this sequence; resolves when more may come. Texts that were covered are skipped. */
  async learn(key: string, sequence: number, text: Uint8Array): Promise<void> {
    this.#underway.add(sequence)
    const size = Math.max(1, Math.min(LONGEST_PIECE, this.#broker.payload >> 8))
    const pieces = Math.max(1, Math.ceil(text.length / size))
    for (let i = 1; i <= pieces && !this.#ended; i++) {
      await this.#events.ready()
      await this.#backlog.ready()
      // a message that is learned in part ends at a fraction of its sequence
      const position = { source: this.lease.record.stream, at: sequence - 1 + i / pieces }
      if (!this.#ended) this.#learners.learn({ key, text: text.subarray((i - 1) * size, i * size), position })
      if (pieces > 1) await this.#broker.clock.turn()
    }
  }

  /** Makes everything that was learned so far safe, and lets the lease point to it. Rejects with FencedError. */
  checkpoint(): Promise<void> {
    this.#checkpoint ??= this.#makeCheckpoint().finally(() => (this.#checkpoint = undefined))
    return this.#checkpoint
  }

  /** Learns what waits, makes it safe and gives the partition back. Rejects with FencedError. */
  async release(): Promise<void> {
    await this.#learners.settled()
    await this.#checkpoint
    await this.checkpoint()
    await this.lease.release()
    this.end()
  }

  /** Leaves everything as it is: a successor resumes from the last checkpoint */
  end(): void {
    this.#ended = true
    this.lease.end()
    this.#learners.dispose()
  }

  async #fail(error: unknown, failed: PartitionOptions['failed']): Promise<void> {
    failed(await this.#reasonOf(error), this)
  }

  /** A successor removes what it has replaced: a missing file may only mean that there is one */
  async #reasonOf(error: unknown): Promise<unknown> {
    try {
      await this.lease.renew()
      return error
    } catch (fenced) {
      return fenced
    }
  }

  async #makeCheckpoint(): Promise<void> {
    const [first] = this.#underway
    const covered = first === undefined ? this.read : first - 1
    if (covered <= this.lease.record.covered) return
    await this.#learners.save()
    // nothing is covered whose events are not stored
    const replaced = this.#store.replace()
    await this.#events.stored()
    const index = await replaced.index(covered)
    await this.lease.point(covered, index)
    await replaced.remove()
  }

  #learned({ key, position }: KeyedText): void {
    const at = position!.at
    const events = this.#output
    this.#output = []
    if (events.length > 0) this.#events.publish(key, at, events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    if (Number.isInteger(at)) this.#underway.delete(at)
  }
}

/** Bytes of a message that are learned at once: about 0.1 s. A beat of the lease must not wait longer. */
const LONGEST_PIECE = 4096

/** What a checkpoint of a partition replaces */
interface Replaced {
  /** Stores the new list */
  index(covered: number): Promise<BlobName | null>
  /** To be called when the new list is pointed to */
  remove(): Promise<void>
}

/** The checkpoints of a partition's keys. What is saved counts only when the lease points to it. */
class CheckpointBlobs implements KeyedStore {
  readonly #blobs: Blobs
  readonly #lease: Lease
  #index: Index = new Map()
  /** Newer than what is pointed to */
  readonly #pending = new Map<string, BlobName>()
  #old: BlobName[] = []
  #count = 0

  constructor(blobs: Blobs, lease: Lease) {
    this.#blobs = blobs
    this.#lease = lease
  }

  async open({ record }: Lease): Promise<void> {
    if (record.index !== null) this.#index = new Map(JSON.parse(new TextDecoder().decode(await this.#blobs.get(record.index))))
    // beside the rest: what nobody points to does no harm
    void this.#sweep(record.index).catch(() => {})
  }

  async load(key: string): Promise<Uint8Array | undefined> {
    const blob = this.#pending.get(key) ?? this.#index.get(key)
    return blob === undefined ? undefined : this.#blobs.get(blob)
  }

  async save(key: string, bytes: Uint8Array): Promise<void> {
    const blob = await this.#blobs.put(this.#name(createHash('sha256').update(key).digest('hex').slice(0, 32)), bytes)
    const before = this.#pending.get(key)
    if (before !== undefined) this.#old.push(before)
    this.#pending.set(key, blob)
  }

  replace(): Replaced {
    const saved = [...this.#pending]
    const index: Index = new Map([...this.#index, ...saved])
    const old = [...this.#old, ...saved.flatMap(([key]) => this.#index.get(key) ?? [])]
    const before = this.#lease.record.index
    return {
      index: (covered) => (saved.length === 0 ? Promise.resolve(before) : this.#putIndex(index, covered)),
      remove: async () => {
        if (saved.length === 0) return
        this.#index = index
        this.#old = this.#old.filter((blob) => !old.includes(blob))
        for (const [key, blob] of saved) if (this.#pending.get(key) === blob) this.#pending.delete(key)
        for (const blob of before === null ? old : [...old, before]) await this.#blobs.remove(blob)
      },
    }
  }

  #putIndex(index: Index, covered: number): Promise<BlobName> {
    return this.#blobs.put(this.#name(`index-${covered}`), new TextEncoder().encode(JSON.stringify([...index])))
  }

  #name(what: string): string {
    return `${this.#lease.partition}.${what}.${this.#lease.record.epoch}.${this.#count++}`
  }

  /** Removes what former owners stored and nothing points to */
  async #sweep(index: BlobName | null): Promise<void> {
    const used = new Set([...this.#index.values(), ...(index === null ? [] : [index])].map(({ name }) => name))
    const { epoch } = this.#lease.record
    for (const name of await this.#blobs.names(String(this.#lease.partition))) {
      if (epochOf(name) < epoch && !used.has(name)) await this.#blobs.remove({ name, parts: 0 })
    }
  }
}

/** The names of this owner's own are of its epoch */
function epochOf(name: string): number {
  return Number(name.split('.').at(-2))
}
