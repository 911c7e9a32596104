import { Serial } from '../../src/async.ts'
import type { BlobName } from './blobs.ts'
import type { Broker, Entry } from './broker.ts'
import { AgainError, isPassing, isWrongSequence, persist } from './persist.ts'

/** What is known of a partition: who owns it, and what its checkpoints cover. It is lease and pointer in one, so that who lost the one cannot move the other. */
export interface LeaseRecord {
  readonly v: 1
  /** Grows with each owner */
  readonly epoch: number
  /** The worker that owns it; null when it was given back */
  readonly owner: string | null
  /** All texts up to this sequence of the stream are covered */
  readonly covered: number
  /** When that stream was made */
  readonly stream: string
  /** The list of the checkpoints of its keys */
  readonly index: BlobName | null
  /** Makes every write another one */
  readonly beat: number
}

/** Somebody else owns the partition now */
export class FencedError extends Error {
  override readonly name = 'FencedError'
}

export function leaseKey(partition: number): string {
  return `partition.${partition}`
}

export function recordOf(entry: Entry | undefined): LeaseRecord | undefined {
  return entry?.value === undefined ? undefined : JSON.parse(entry.value)
}

/** The ownership of a partition, as long as nobody else has it. Writes happen one after the other. */
export class Lease {
  readonly partition: number
  readonly #broker: Broker
  readonly #serial = new Serial()
  #record: LeaseRecord
  #revision: number
  #ended = false

  /** Takes a partition that was found like that; undefined when somebody else was faster. The server may be away. */
  static async take(broker: Broker, partition: number, found: Entry | undefined, owner: string): Promise<Lease | undefined> {
    const before = recordOf(found)
    const record: LeaseRecord = {
      v: 1,
      covered: 0,
      index: null,
      ...before,
      owner,
      stream: broker.streamCreated,
      epoch: (before?.epoch ?? 0) + 1,
      beat: 0,
    }
    const lease = new Lease(broker, partition, record, found?.revision ?? 0)
    try {
      await lease.#write({})
      return lease
    } catch (error) {
      if (error instanceof FencedError) return undefined
      throw error
    }
  }

  private constructor(broker: Broker, partition: number, record: LeaseRecord, revision: number) {
    this.partition = partition
    this.#broker = broker
    this.#record = record
    this.#revision = revision
  }

  get record(): LeaseRecord {
    return this.#record
  }

  /** Says that the owner is there. Rejects with FencedError. */
  renew(): Promise<void> {
    return this.#next({})
  }

  /** Moves the pointer. Rejects with FencedError. */
  point(covered: number, index: BlobName | null): Promise<void> {
    return this.#next({ covered, index })
  }

  /** Gives the partition back. Rejects with FencedError. */
  async release(): Promise<void> {
    await this.#next({ owner: null })
    this.end()
  }

  /** Tries nothing more */
  end(): void {
    this.#ended = true
  }

  #next(change: Partial<LeaseRecord>): Promise<void> {
    return this.#serial.run(() => this.#write(change))
  }

  async #write(change: Partial<LeaseRecord>): Promise<void> {
    const record = { ...this.#record, ...change, beat: this.#record.beat + 1 }
    this.#revision = await persist(
      () => this.#moved(record),
      () => !this.#ended,
      this.#broker.clock,
    )
    this.#record = record
  }

  /** A write without an answer may have been made: then the record is as it was to be */
  async #moved(record: LeaseRecord): Promise<number> {
    const data = JSON.stringify(record)
    const { leases } = this.#broker
    try {
      return await leases.put(leaseKey(this.partition), data, this.#revision)
    } catch (error) {
      if (!isPassing(error) && !isWrongSequence(error)) throw error
      const found = await leases.get(leaseKey(this.partition))
      if (found?.value === data) return found.revision
      if ((found?.revision ?? 0) === this.#revision) throw new AgainError('the record was not written', { cause: error })
      this.#ended = true
      throw new FencedError(`partition ${this.partition} belongs to ${recordOf(found)?.owner ?? 'nobody'} now, and not to ${record.owner}`)
    }
  }
}
