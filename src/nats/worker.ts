import { type Broker, type Entry, type Message, type Reading, TEXTS } from '../../streams/nats/broker.ts'
import { FencedError, Lease, leaseKey, recordOf } from '../../streams/nats/lease.ts'
import { Liveness } from '../../streams/nats/liveness.ts'
import { AbandonedError, AgainError, isPassing, isWrongSequence, persist } from '../../streams/nats/persist.ts'
import { keyOf, partitionOf } from '../../streams/nats/subjects.ts'
import type { LearnFor } from '../keyed/keyed-learner.ts'
import { Partition } from './partition.ts'

export interface WorkerSettings {
  readonly name: string
  /** Into how many parts the keys are divided */
  readonly partitions: number
  /** Learners in memory for each partition */
  readonly resident: number
  /** Seconds without a sign of life after which others take over */
  readonly lease: number
  /** Seconds between two checkpoints of a partition */
  readonly checkpointEvery: number
  readonly learnFor: LearnFor<object>
  readonly note: (text: string) => void
}

/** Milliseconds of work after which other work gets its turn */
const TURN = 20

/** A partition that nobody owns; an orphan's owner died */
interface Free {
  readonly partition: number
  readonly entry: Entry | undefined
  readonly isOrphan: boolean
}

/** What `NatsWorker` does, with any learners on any broker */
export class Worker {
  readonly #settings: WorkerSettings
  readonly #broker: Broker
  readonly #owned = new Map<number, Partition>()
  readonly #liveness: Liveness
  #texts: Reading | undefined
  /** The other workers, and since when it was those */
  #company: { readonly living: string; readonly since: number }
  #stopped: 'no' | 'asked' | 'failed' = 'no'
  #failure: unknown
  #refused = 0
  /** When other work had its turn */
  #turned: number
  /** Resolves when a partition is taken, or the end has come */
  #wake: () => void = () => {}

  constructor(broker: Broker, settings: WorkerSettings) {
    const now = broker.clock.now()
    this.#settings = settings
    this.#broker = broker
    this.#liveness = new Liveness(settings.lease * 1000, () => broker.clock.now())
    this.#company = { living: '', since: now }
    this.#turned = now
  }

  /** The partitions that it owns */
  get partitions(): readonly number[] {
    return [...this.#owned.keys()].sort((a, b) => a - b)
  }

  /** Works until it is stopped; then everything is safe and given back, and the broker closed. Rejects with a readable message. */
  async run(): Promise<void> {
    try {
      await this.#agree()
      await Promise.all([this.#beat(), this.#share(), this.#saveInTime(), this.#read()].map((work) => this.#guard(work)))
      if (this.#stopped === 'asked') await this.#leave()
      else throw this.#failure
    } finally {
      for (const partition of this.#owned.values()) partition.end()
      await this.#broker.close()
    }
  }

  /** Lets `run` come to its end */
  stop(): void {
    if (this.#stopped === 'no') this.#end('asked')
  }

  #end(how: 'asked' | 'failed'): void {
    this.#stopped = how
    this.#texts?.stop()
    this.#wake()
  }

  #fail(error: unknown): void {
    if (this.#stopped !== 'no') return
    this.#failure = error
    this.#end('failed')
  }

  /** What continues beside the rest ends all when it fails */
  async #guard(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Milliseconds between two signs of life */
  get #period(): number {
    return (this.#settings.lease * 1000) / 4
  }

  get #isRunning(): boolean {
    return this.#stopped === 'no'
  }

  /** All workers must divide the keys in the same way, and wait for each other as long */
  async #agree(): Promise<void> {
    const { partitions, lease } = this.#settings
    const ours = JSON.stringify({ partitions, lease })
    const { leases } = this.#broker
    const theirs = await this.#persist(async () => {
      const found = await leases.get('config')
      if (found?.value !== undefined) return found.value
      await leases.put('config', ours, 0).catch((error: unknown) => {
        throw isWrongSequence(error) ? new AgainError('another worker was faster', { cause: error }) : error
      })
      return ours
    })
    if (theirs === undefined || theirs === ours) return
    throw new Error(`the workers of this server have ${theirs}, and not ${ours}: give the same --partitions and --lease`)
  }

  /** Four times in the time of a lease: says that it is there and owns its partitions */
  async #beat(): Promise<void> {
    await this.#regularly(async () => {
      await Promise.all([
        this.#broker.workers.put(this.#settings.name, ''),
        ...Array.from(this.#owned.values(), (partition) => this.#ifOwned(partition, partition.lease.renew())),
      ])
    })
  }

  /** As often: looks who else is there, takes what nobody owns, and gives back what is more than its share */
  async #share(): Promise<void> {
    await this.#regularly(async () => {
      const living = await this.#living()
      const free = await this.#free()
      const share = Math.ceil(this.#settings.partitions / (living.length + 1))
      const room = Math.max(0, share - this.#owned.size)
      // for the keys of a worker that died somebody must be there at once; who has too many gives them back later
      const wanted = [...free.filter(({ isOrphan }) => isOrphan), ...free.filter(({ isOrphan }) => !isOrphan).slice(0, room)]
      const taken = await Promise.allSettled(wanted.map(({ partition, entry }) => this.#take(partition, entry)))
      // not before all have ended: none continues beside the next look
      for (const take of taken) if (take.status === 'rejected') throw take.reason
      const isSettled = this.#isSettled(living.join())
      for (const partition of isSettled ? [...this.#owned.values()].slice(share) : []) void this.#ifOwned(partition, this.#giveBack(partition))
    })
  }

  async #regularly(work: () => Promise<void>): Promise<void> {
    const { clock } = this.#broker
    while (this.#isRunning) {
      const start = clock.now()
      // a server that is away is no reason to end
      await work().catch((error: unknown) => {
        if (!isPassing(error)) throw error
      })
      await clock.sleep(Math.max(this.#period / 4, this.#period - (clock.now() - start)))
    }
  }

  /** The other workers that are alive */
  async #living(): Promise<readonly string[]> {
    const { workers } = this.#broker
    const names = await this.#broker.workerNames()
    const entries = await Promise.all(names.map((name) => workers.get(name)))
    this.#liveness.look()
    return names.filter((name, i) => {
      const entry = entries[i]
      return entry?.value !== undefined && name !== this.#settings.name && this.#liveness.isAlive(`worker ${name}`, entry.revision)
    })
  }

  /** The partitions that nobody owns, each worker's in another order, so that they do not all try for the same */
  async #free(): Promise<readonly Free[]> {
    const { leases } = this.#broker
    const all = rotated(this.#settings.partitions, this.#settings.name)
    const entries = await Promise.all(all.map((partition) => leases.get(leaseKey(partition))))
    return all.flatMap((partition, i) => {
      const entry = entries[i]
      const owner = recordOf(entry)?.owner ?? null
      const isAlive = this.#liveness.isAlive(leaseKey(partition), entry?.revision ?? 0)
      return this.#owned.has(partition) || (owner !== null && isAlive) ? [] : { partition, entry, isOrphan: owner !== null }
    })
  }

  /** Whether the same workers are there for some time: one that was started again would be given what it had */
  #isSettled(living: string): boolean {
    if (living !== this.#company.living) this.#company = { living, since: this.#broker.clock.now() }
    return this.#broker.clock.now() - this.#company.since > 2000 * this.#settings.lease
  }

  async #take(i: number, found: Entry | undefined): Promise<void> {
    const { streamCreated } = this.#broker
    const before = recordOf(found)
    if (before !== undefined && before.stream !== streamCreated) {
      throw new Error(
        `the stream ${TEXTS} was made anew (${streamCreated}), and the checkpoints are of the one of ${before.stream}: remove the bucket rxrnn-leases to start anew`,
      )
    }
    const lease = await Lease.take(this.#broker, i, found, this.#settings.name)
    if (lease === undefined) return
    const { resident, learnFor } = this.#settings
    const partition = await Partition.open(this.#broker, lease, {
      resident,
      learnFor,
      failed: (error, partition) => this.#lose(partition, error),
    }).catch((error: unknown) => this.#noteLoss(error))
    if (partition === undefined) return
    this.#owned.set(i, partition)
    const { epoch, covered } = lease.record
    this.#settings.note(`takes partition ${i} (epoch ${epoch}) after ${covered}${before?.owner ? `, from ${before.owner}` : ''}`)
    this.#wake()
    this.#texts?.stop()
  }

  async #giveBack(partition: Partition): Promise<void> {
    const { lease } = partition
    this.#owned.delete(lease.partition)
    const beating = { isWanted: true }
    void this.#keep(lease, beating)
    try {
      await partition.release()
      this.#settings.note(`gives back partition ${lease.partition}`)
    } finally {
      beating.isWanted = false
    }
  }

  /** Renews a lease; where that fails, so does what it is renewed for */
  async #keep(lease: Lease, beating: { readonly isWanted: boolean }): Promise<void> {
    while (beating.isWanted) {
      lease.renew().catch(() => {})
      await this.#broker.clock.sleep(this.#period)
    }
  }

  /** A partition that is lost is nothing wrong */
  async #ifOwned(partition: Partition, work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => this.#lose(partition, error))
  }

  #lose(partition: Partition, error: unknown): void {
    const i = partition.lease.partition
    if (this.#owned.get(i) === partition) this.#owned.delete(i)
    partition.end()
    try {
      this.#noteLoss(error)
    } catch {
      this.#fail(error)
    }
  }

  /** Throws what is not a loss */
  #noteLoss(error: unknown): undefined {
    if (error instanceof FencedError) this.#settings.note(error.message)
    else if (!(error instanceof AbandonedError)) throw error
  }

  async #saveInTime(): Promise<void> {
    const due = new Map<Partition, number>()
    const every = this.#settings.checkpointEvery * 1000
    const { clock } = this.#broker
    while (this.#isRunning) {
      await clock.sleep(Math.min(every, 100))
      for (const partition of this.#owned.values()) {
        const now = clock.now()
        if (!due.has(partition)) due.set(partition, now + every)
        if (due.get(partition)! > now) continue
        due.set(partition, now + every)
        await this.#ifOwned(partition, partition.checkpoint())
      }
      for (const partition of due.keys()) if (this.#owned.get(partition.lease.partition) !== partition) due.delete(partition)
    }
  }

  /** Reads the stream from the text that any partition needs first; anew when a partition is taken that needs earlier ones */
  async #read(): Promise<void> {
    while (this.#isRunning) {
      if (this.#owned.size === 0) {
        await new Promise<void>((resolve) => (this.#wake = resolve))
        continue
      }
      const readers = new Set(this.#owned.values())
      const from = Math.min(...Array.from(readers, ({ read }) => read)) + 1
      const texts = await this.#open(from)
      if (texts === undefined) continue
      const isCurrent = () => this.#isRunning && [...this.#owned.values()].every((partition) => readers.has(partition))
      // what happened while it was opened could not stop it
      if (!isCurrent()) texts.stop()
      for await (const message of texts) {
        await this.#receive(message, readers)
        if (!isCurrent()) break
      }
      this.#texts = undefined
      texts.stop()
    }
  }

  #open(from: number): Promise<Reading | undefined> {
    return this.#persist(async () => {
      const first = await this.#broker.firstText()
      if (first !== undefined && first > from) this.#settings.note(`WARNING: the texts ${from} to ${first - 1} are not kept any more`)
      this.#texts = await this.#broker.readTexts(from)
      return this.#texts
    })
  }

  /** Tries again while the server is away; undefined when the worker is stopped before it answers */
  #persist<T>(request: () => Promise<T>): Promise<T | undefined> {
    return persist(request, () => this.#isRunning, this.#broker.clock).catch((error: unknown) => {
      if (error instanceof AbandonedError) return undefined
      throw error
    })
  }

  async #receive({ sequence, subject, data }: Message, readers: ReadonlySet<Partition>): Promise<void> {
    const key = keyOf(subject)
    const partition = key === undefined ? undefined : this.#owned.get(partitionOf(key, this.#settings.partitions))
    if (key === undefined) this.#refuse(subject)
    else if (partition !== undefined && readers.has(partition) && partition.read < sequence) await partition.learn(key, sequence, data)
    // what is being given back gets no texts, and must not cover them
    for (const owned of this.#owned.values()) if (readers.has(owned)) owned.read = Math.max(owned.read, sequence)
    const { clock } = this.#broker
    if (clock.now() - this.#turned < TURN) return
    await clock.turn()
    this.#turned = clock.now()
  }

  #refuse(subject: string): void {
    this.#refused += 1
    if (this.#refused === 1 || this.#refused % 1000 === 0)
      this.#settings.note(`skips ${this.#refused} messages without a key, the last on ${JSON.stringify(subject.slice(0, 80))}`)
  }

  async #leave(): Promise<void> {
    await Promise.all(Array.from(this.#owned.values(), (partition) => this.#ifOwned(partition, this.#giveBack(partition))))
    await this.#broker.workers.remove(this.#settings.name).catch(() => {})
  }
}

/** All partitions from one on that is another one for each worker */
function rotated(partitions: number, name: string): readonly number[] {
  const start = partitionOf(name, partitions)
  return Array.from({ length: partitions }, (_, i) => (start + i) % partitions)
}
