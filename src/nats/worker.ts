import { randomUUID } from 'node:crypto'
import { type ConsumerMessages, DeliverPolicy, type JsMsg } from '@nats-io/jetstream'
import type { KvEntry } from '@nats-io/kv'
import { Broker, TEXTS } from '../../streams/nats/broker.ts'
import { compareAndSet, FencedError, Lease, leaseKey, type Move, recordOf } from '../../streams/nats/lease.ts'
import { Liveness } from '../../streams/nats/liveness.ts'
import { AbandonedError, isPassing, persist, sleep } from '../../streams/nats/persist.ts'
import { keyOf, partitionOf } from '../../streams/nats/subjects.ts'
import type { LineLearnerOptions } from '../keyed/line-learner.ts'
import { OptionError } from '../text/option-error.ts'
import { Partition } from './partition.ts'

export interface WorkerOptions extends Pick<LineLearnerOptions, 'model' | 'alertRate'> {
  /** Such as nats://127.0.0.1:4222 */
  readonly url: string
  /** Its name among the workers; a new one unless given */
  readonly name?: string
  /** Into how many parts the keys are divided, the same for all workers and for ever. Default 16. */
  readonly partitions?: number
  /** Learners in memory for each partition that it owns. Default 25. */
  readonly resident?: number
  /** Seconds without a sign of life after which others take over; the same for all workers. Default 1.5. */
  readonly lease?: number
  /** Seconds between two checkpoints of a partition: what was learned since is learned again after a crash. Default 30. */
  readonly checkpointEvery?: number
  /** Days that texts and events are kept, where this worker makes the streams. Default 7. */
  readonly retention?: number
  readonly note?: (text: string) => void
  /** How a lease is moved: for a test that shows what happens without compare and set */
  readonly move?: Move
}

const RULES = [
  ['partitions', 1, 4096],
  ['resident', 1, 1e6],
  ['lease', 0.1, 3600],
  ['checkpointEvery', 0.01, 86_400],
  ['retention', 0.001, 36_500],
] as const

/** Messages that are fetched ahead */
const AHEAD = 200
/** Milliseconds after which a request for messages is made anew; half of that without a sign of life is too long */
const PATIENCE = 5000
/** Milliseconds of work after which other work gets its turn */
const TURN = 20

/** A partition that nobody owns; an orphan's owner died */
interface Free {
  readonly partition: number
  readonly entry: KvEntry | null
  readonly isOrphan: boolean
}

/**
 * Learns texts of NATS JetStream together with other workers. Each partition of the keys has one owner at a time; a text counts as learned when a checkpoint
 * covers it, and a worker that takes over goes on from there. `run` goes on until `stop`; it errors when something cannot be mended by waiting.
 *
 *     const worker = new NatsWorker({ url: 'nats://127.0.0.1:4222' })
 *     process.once('SIGTERM', () => worker.stop())
 *     await worker.run()
 */
export class NatsWorker {
  readonly name: string
  readonly #options: WorkerOptions & Required<Pick<WorkerOptions, 'partitions' | 'resident' | 'lease' | 'checkpointEvery'>>
  readonly #note: (text: string) => void
  readonly #owned = new Map<number, Partition>()
  readonly #liveness: Liveness
  #broker!: Broker
  #messages: ConsumerMessages | undefined
  /** The other workers, and since when it was those */
  #company = { living: '', since: performance.now() }
  #stopped: 'no' | 'asked' | 'failed' = 'no'
  #failure: unknown
  #refused = 0
  /** When other work had its turn */
  #turned = performance.now()
  /** Resolves when a partition is taken, or the end has come */
  #wake: () => void = () => {}

  /** Throws OptionError */
  constructor(options: WorkerOptions) {
    this.#options = { partitions: 16, resident: 25, lease: 1.5, checkpointEvery: 30, ...options }
    for (const [name, min, max] of RULES) assertRange(name, this.#options[name] ?? min, min, max)
    this.name = options.name ?? `worker-${randomUUID().slice(0, 8)}`
    this.#note = options.note ?? (() => {})
    this.#liveness = new Liveness(this.#options.lease * 1000)
  }

  /** The partitions that it owns */
  get partitions(): readonly number[] {
    return [...this.#owned.keys()].sort((a, b) => a - b)
  }

  /** Works until it is stopped; then everything is safe and given back. Errors with BrokerError, and in words. */
  async run(): Promise<void> {
    const { url, retention, lease } = this.#options
    this.#broker = await Broker.connect({ url, forget: Math.max(1, 10 * lease), ...(retention !== undefined && { retention }) })
    try {
      await this.#agree()
      void this.#guard(this.#readAnewAfterBreaks())
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
    this.#messages?.stop()
    this.#wake()
  }

  #fail(error: unknown): void {
    if (this.#stopped !== 'no') return
    this.#failure = error
    this.#end('failed')
  }

  /** What goes on beside the rest ends all when it fails */
  async #guard(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Milliseconds between two signs of life */
  get #period(): number {
    return (this.#options.lease * 1000) / 4
  }

  get #isRunning(): boolean {
    return this.#stopped === 'no'
  }

  /** All workers must divide the keys in the same way, and wait for each other as long */
  async #agree(): Promise<void> {
    const { partitions, lease } = this.#options
    const ours = JSON.stringify({ partitions, lease })
    const { leases } = this.#broker
    await leases.create('config', ours).catch(() => {})
    const theirs = (await leases.get('config'))?.string() ?? ours
    if (theirs === ours) return
    throw new Error(`the workers of this server have ${theirs}, and not ${ours}: give the same --partitions and --lease`)
  }

  /** Four times in the time of a lease: says that it is there and owns its partitions */
  async #beat(): Promise<void> {
    await this.#regularly(async () => {
      await Promise.all([
        this.#broker.workers.put(this.name, ''),
        ...Array.from(this.#owned.values(), (partition) => this.#ifOwned(partition, partition.lease.renew())),
      ])
    })
  }

  /** As often: looks who else is there, takes what nobody owns, and gives back what is more than its share */
  async #share(): Promise<void> {
    await this.#regularly(async () => {
      const living = await this.#living()
      const free = await this.#free()
      const share = Math.ceil(this.#options.partitions / (living.length + 1))
      const room = Math.max(0, share - this.#owned.size)
      // for the keys of a worker that died somebody must be there at once; who has too many gives them back later
      const wanted = [...free.filter(({ isOrphan }) => isOrphan), ...free.filter(({ isOrphan }) => !isOrphan).slice(0, room)]
      const taken = await Promise.allSettled(wanted.map(({ partition, entry }) => this.#take(partition, entry)))
      // not before all have ended: none goes on beside the next look
      for (const take of taken) if (take.status === 'rejected') throw take.reason
      const isSettled = this.#isSettled(living.join())
      for (const partition of isSettled ? [...this.#owned.values()].slice(share) : []) void this.#ifOwned(partition, this.#giveBack(partition))
    })
  }

  async #regularly(work: () => Promise<void>): Promise<void> {
    while (this.#isRunning) {
      const start = performance.now()
      // a server that is away is no reason to end
      await work().catch((error: unknown) => {
        if (!isPassing(error)) throw error
      })
      await sleep(Math.max(this.#period / 4, this.#period - (performance.now() - start)))
    }
  }

  /** The other workers that are alive */
  async #living(): Promise<readonly string[]> {
    const { workers } = this.#broker
    const names = await this.#broker.workerNames()
    const entries = await Promise.all(names.map((name) => workers.get(name)))
    this.#liveness.look()
    return entries.flatMap((entry) =>
      entry?.operation === 'PUT' && entry.key !== this.name && this.#liveness.isAlive(`worker ${entry.key}`, entry.revision) ? entry.key : [],
    )
  }

  /** The partitions that nobody owns, each worker's in another order, so that they do not all try for the same */
  async #free(): Promise<readonly Free[]> {
    const { leases } = this.#broker
    const all = rotated(this.#options.partitions, this.name)
    const entries = await Promise.all(all.map((partition) => leases.get(leaseKey(partition))))
    return all.flatMap((partition, i) => {
      const entry = entries[i] ?? null
      const owner = recordOf(entry)?.owner ?? null
      const isAlive = this.#liveness.isAlive(leaseKey(partition), entry?.revision ?? 0)
      return this.#owned.has(partition) || (owner !== null && isAlive) ? [] : { partition, entry, isOrphan: owner !== null }
    })
  }

  /** Whether the same workers are there for some time: one that was started again would be given what it had */
  #isSettled(living: string): boolean {
    if (living !== this.#company.living) this.#company = { living, since: performance.now() }
    return performance.now() - this.#company.since > 2000 * this.#options.lease
  }

  async #take(i: number, found: KvEntry | null): Promise<void> {
    const { leases, streamCreated } = this.#broker
    const before = recordOf(found)
    if (before !== undefined && before.stream !== streamCreated) {
      throw new Error(
        `the stream ${TEXTS} was made anew (${streamCreated}), and the checkpoints are of the one of ${before.stream}: remove the bucket rxrnn-leases to start anew`,
      )
    }
    const lease = await Lease.take(leases, i, found, { owner: this.name, stream: streamCreated }, this.#options.move ?? compareAndSet)
    if (lease === undefined) return
    const { resident, model, alertRate } = this.#options
    const partition = await Partition.open(this.#broker, lease, {
      resident,
      model,
      ...(alertRate !== undefined && { alertRate }),
      failed: (error, partition) => this.#lose(partition, error),
    })
    this.#owned.set(i, partition)
    const { epoch, covered } = lease.record
    this.#note(`takes partition ${i} (epoch ${epoch}) after ${covered}${before?.owner ? `, from ${before.owner}` : ''}`)
    this.#wake()
    this.#messages?.stop()
  }

  async #giveBack(partition: Partition): Promise<void> {
    const { lease } = partition
    this.#owned.delete(lease.partition)
    // where it fails, so does the release
    const beating = setInterval(() => void lease.renew().catch(() => {}), this.#period)
    try {
      await partition.release()
      this.#note(`gives back partition ${lease.partition}`)
    } finally {
      clearInterval(beating)
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
    if (error instanceof FencedError) this.#note(error.message)
    else if (!(error instanceof AbandonedError)) this.#fail(error)
  }

  async #saveInTime(): Promise<void> {
    const due = new Map<Partition, number>()
    const every = this.#options.checkpointEvery * 1000
    while (this.#isRunning) {
      await sleep(Math.min(every, 100))
      for (const partition of this.#owned.values()) {
        const now = performance.now()
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
      const messages = await this.#open(from)
      if (messages === undefined) continue
      for await (const message of messages) {
        await this.#receive(message, readers)
        if (!this.#isRunning || [...this.#owned.values()].some((partition) => !readers.has(partition))) break
      }
      this.#messages = undefined
      messages.stop()
    }
  }

  /** A server that was started again knows nothing of who was reading */
  async #readAnewAfterBreaks(): Promise<void> {
    for await (const { type } of this.#broker.connection.status()) if (type === 'reconnect') this.#messages?.stop()
  }

  async #open(from: number): Promise<ConsumerMessages | undefined> {
    const { js, jsm } = this.#broker
    return persist(
      async () => {
        const { state } = await jsm.streams.info(TEXTS)
        if (state.first_seq > from && state.messages > 0) this.#note(`WARNING: the texts ${from} to ${state.first_seq - 1} are not kept any more`)
        const consumer = await js.consumers.get(TEXTS, { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from })
        this.#messages = await consumer.consume({ max_messages: AHEAD, expires: PATIENCE })
        return this.#messages
      },
      () => this.#isRunning,
    ).catch((error: unknown) => {
      if (error instanceof AbandonedError) return undefined
      throw error
    })
  }

  async #receive({ seq, subject, data }: JsMsg, readers: ReadonlySet<Partition>): Promise<void> {
    const key = keyOf(subject)
    const partition = key === undefined ? undefined : this.#owned.get(partitionOf(key, this.#options.partitions))
    if (key === undefined) this.#refuse(subject)
    else if (partition !== undefined && readers.has(partition) && partition.read < seq) await partition.learn(key, seq, data)
    // what is being given back gets no texts, and must not cover them
    for (const owned of this.#owned.values()) if (readers.has(owned)) owned.read = Math.max(owned.read, seq)
    if (performance.now() - this.#turned < TURN) return
    await new Promise((resolve) => setImmediate(resolve))
    this.#turned = performance.now()
  }

  #refuse(subject: string): void {
    this.#refused += 1
    if (this.#refused === 1 || this.#refused % 1000 === 0)
      this.#note(`passes over ${this.#refused} messages without a key, the last on ${JSON.stringify(subject.slice(0, 80))}`)
  }

  async #leave(): Promise<void> {
    await Promise.all(Array.from(this.#owned.values(), (partition) => this.#ifOwned(partition, this.#giveBack(partition))))
    await this.#broker.workers.delete(this.name).catch(() => {})
  }
}

/** All partitions from one on that is another one for each worker */
function rotated(partitions: number, name: string): readonly number[] {
  const start = partitionOf(name, partitions)
  return Array.from({ length: partitions }, (_, i) => (start + i) % partitions)
}

function assertRange(name: string, value: number, min: number, max: number): void {
  const whole = name === 'partitions' || name === 'resident'
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return
  throw new OptionError(name, `${name} is ${value}, but it must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`)
}
