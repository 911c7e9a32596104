import { Random } from 'rxrnn'
import type { KeyedLearner, LearnFor, SourcePosition } from 'rxrnn/keyed'
import { Partition } from '../../src/nats/partition.ts'
import { Worker } from '../../src/nats/worker.ts'
import { FencedError, Lease, leaseKey } from '../../streams/nats/lease.ts'
import { AbandonedError, persist } from '../../streams/nats/persist.ts'
import { eventSubject, textSubject } from '../../streams/nats/subjects.ts'
import { Scheduler } from './scheduler.ts'
import { type Missing, SimulatedBroker, SimulatedServer, type StoredText } from './simulated-server.ts'

/** What is found in a history; without a fault everything was learned and stored once */
export interface History {
  readonly fault: string | undefined
  readonly steps: number
}

/** In the place of a learner: a hash of all it has read, which is right only when each text came once and in order. Not every text gives an event. */
class RollingHash implements KeyedLearner<object> {
  position: SourcePosition | undefined
  #hash = 0x811c9dc5
  #count = 0

  constructor(saved: Uint8Array | undefined) {
    if (saved === undefined) return
    const [hash, count, position] = JSON.parse(Buffer.from(saved).toString())
    this.#hash = hash
    this.#count = count
    this.position = position
  }

  get digest(): string {
    return `${this.#hash} of ${this.#count}`
  }

  learn(text: string | Uint8Array): readonly object[] {
    for (const byte of Buffer.from(text)) this.#hash = Math.imul(this.#hash ^ byte, 0x01000193)
    this.#count += text.length
    return this.#hash % 4 === 0 ? [] : [{ hash: this.#hash, count: this.#count }]
  }

  save(): Uint8Array {
    return Buffer.from(JSON.stringify([this.#hash, this.#count, this.position]))
  }

  dispose(): void {}
}

const learnFor: LearnFor<object> = (_, saved) => new RollingHash(saved)

const KEYS = ['a', 'b', 'c d']

/** A server with texts, and what each key should have at the end */
class Setting {
  readonly scheduler: Scheduler
  readonly server: SimulatedServer
  readonly #digests = new Map<string, string>()

  constructor(seed: number, missing: Missing, isPublished: boolean) {
    const scheduler = new Scheduler(new Random(seed))
    const keys = KEYS.slice(0, 1 + scheduler.below(KEYS.length))
    const texts = Array.from({ length: 3 + scheduler.below(6) }, () => textOf(keys[scheduler.below(keys.length)]!, scheduler))
    // a server that takes little at once makes blobs of several parts, and a text comes in pieces
    const payload = scheduler.chance(0.3) ? 600 : 2 ** 20
    this.scheduler = scheduler
    this.server = new SimulatedServer(scheduler, texts, this.#alone(texts, payload), {
      payload,
      faults: scheduler.chance(0.8) ? 0.1 : 0,
      published: isPublished ? texts.length : 0,
      missing,
    })
  }

  /** What is wrong at the end, if anything: every text is covered, every digest is that of a run alone, and every event is there */
  atEnd(records: readonly string[]): string | undefined {
    const { server } = this
    const saved = new Map<string, Uint8Array | undefined>()
    for (const key of records) {
      const record = server.recordOf(key)
      if (record?.covered !== server.texts.length) return `${key} covers ${record?.covered} of ${server.texts.length}`
      const index = record.index === null ? undefined : server.blob(record.index)
      for (const [name, blob] of index === undefined ? [] : JSON.parse(Buffer.from(index).toString())) saved.set(name, server.blob(blob))
    }
    for (const [key, digest] of this.#digests) {
      const found = new RollingHash(saved.get(key)).digest
      if (found !== digest) return `${key} learned ${found}, and not ${digest}`
    }
    return server.missingEvent()
  }

  /** The events of each subject; and the digests */
  #alone(texts: readonly StoredText[], payload: number): ReadonlyMap<string, readonly string[]> {
    const events = new Map<string, string[]>()
    for (const key of new Set(texts.map((text) => text.key))) {
      const learner = new RollingHash(undefined)
      const pieces = texts.filter((text) => text.key === key).flatMap(({ data }) => piecesOf(data, payload))
      events.set(
        eventSubject(key),
        pieces.flatMap((piece) => learner.learn(piece).map((event) => `${JSON.stringify(event)}\n`)),
      )
      this.#digests.set(key, learner.digest)
    }
    return events
  }
}

function textOf(key: string, scheduler: Scheduler): StoredText {
  return { key, subject: textSubject(key), data: Uint8Array.from({ length: 1 + scheduler.below(4) }, () => scheduler.below(256)) }
}

/** As `Partition` cuts them: an event is what a piece gives */
function piecesOf(data: Uint8Array, payload: number): readonly Uint8Array[] {
  const size = Math.min(4096, payload >> 8)
  return Array.from({ length: Math.ceil(data.length / size) }, (_, i) => data.subarray(i * size, (i + 1) * size))
}

/**
 * Owners of one partition who come at any time, as if each thought that the one before it was dead. They stand still, are killed, and the server is started
 * again, between any two steps. Then all is well, and one more comes and finishes.
 */
export async function partitionHistory(seed: number, missing: Missing = {}): Promise<History> {
  const setting = new Setting(seed, missing, true)
  const { scheduler, server } = setting
  const record = leaseKey(0)
  const end = { fault: undefined as string | undefined }
  const fail = (error: unknown) => {
    if (!(error instanceof FencedError || error instanceof AbandonedError)) end.fault ??= String(error)
  }

  let owners = 0
  const own = async (broker: SimulatedBroker): Promise<void> => {
    const { clock } = broker
    const found = await persist(
      () => broker.leases.get(record),
      () => true,
      clock,
    )
    const lease = await Lease.take(broker, 0, found, `owner-${owners++}`)
    if (lease === undefined) return
    const partition = await Partition.open(broker, lease, { resident: 1 + scheduler.below(2), learnFor, failed: (error) => fail(error) })
    try {
      for (let i = lease.record.covered; i < server.texts.length; i++) {
        const { key, data } = server.texts[i]!
        await partition.learn(key, i + 1, data)
        partition.read = i + 1
        await clock.turn()
        const checkpoint = scheduler.chance(0.4) ? partition.checkpoint() : undefined
        if (scheduler.chance(0.5)) await checkpoint
        else checkpoint?.catch(fail)
      }
      if (scheduler.chance(0.5)) await partition.checkpoint()
      await partition.release()
    } finally {
      partition.end()
    }
  }

  const processes: SimulatedBroker[] = []
  const come = (): void => {
    const broker = new SimulatedBroker(server)
    processes.push(broker)
    own(broker).catch(fail)
  }
  const one = () => processes[scheduler.below(processes.length)]!.clock
  const skippedUpdates = [come, () => one().freeze(5 + scheduler.below(60)), () => one().kill(), () => server.restart()]
  come()
  for (let left = 1 + scheduler.below(6); left > 0; left--) {
    const until = scheduler.steps + scheduler.below(60)
    await scheduler.run(() => scheduler.steps >= until || server.fault !== undefined || end.fault !== undefined)
    skippedUpdates[scheduler.below(skippedUpdates.length)]!()
  }
  server.faults = 0
  for (let tries = 0; tries < 3 && server.recordOf(record)?.covered !== server.texts.length; tries++) {
    come()
    await scheduler.run(() => server.fault !== undefined || end.fault !== undefined)
  }
  await scheduler.run(() => server.fault !== undefined || end.fault !== undefined)
  return { fault: server.fault ?? end.fault ?? setting.atEnd([record]), steps: scheduler.steps }
}

const PARTITIONS = 2
/** Steps after which workers that nothing disturbs must have finished */
const MOST_STEPS = 20_000

/** Whole workers who share two partitions while texts come. They stand still, are killed, come and go, and the server is started again, between any two steps. */
export async function workerHistory(seed: number, missing: Missing = {}): Promise<History> {
  const setting = new Setting(seed, missing, false)
  const { scheduler, server } = setting
  const records = Array.from({ length: PARTITIONS }, (_, i) => leaseKey(i))
  const end = { fault: undefined as string | undefined }
  const processes: SimulatedBroker[] = []
  const workers: Worker[] = []
  const running = new Map<string, SimulatedBroker>()

  const come = (): void => {
    const broker = new SimulatedBroker(server)
    const name = `worker-${workers.length}`
    const worker = new Worker(broker, { name, partitions: PARTITIONS, resident: 1, lease: 1.5, checkpointEvery: 0.5, learnFor, note: () => {} })
    processes.push(broker)
    workers.push(worker)
    running.set(name, broker)
    worker
      .run()
      .catch((error: unknown) => (end.fault ??= `${name} ended: ${String(error)}`))
      .finally(() => running.delete(name))
  }
  const isOver = () => server.fault !== undefined || end.fault !== undefined
  const which = () => scheduler.below(processes.length)
  const skippedUpdates = [
    come,
    () => processes[which()]!.clock.freeze(100 + scheduler.below(300)),
    () => processes[which()]!.clock.kill(),
    () => workers[which()]!.stop(),
    () => server.restart(),
  ]
  come()
  come()
  while (server.published < server.texts.length && !isOver()) {
    const until = scheduler.steps + scheduler.below(100)
    await scheduler.run(() => scheduler.steps >= until || isOver())
    server.publishNext()
    if (scheduler.chance(0.5)) skippedUpdates[scheduler.below(skippedUpdates.length)]!()
  }
  server.faults = 0
  come()
  const most = scheduler.steps + MOST_STEPS
  const isCovered = () => records.every((record) => server.recordOf(record)?.covered === server.texts.length)
  await scheduler.run(() => isOver() || isCovered() || scheduler.steps > most)
  for (const worker of workers) worker.stop()
  await scheduler.run(() => isOver() || scheduler.steps > 2 * most)
  for (const [name, { clock }] of running) if (clock.isAlive) end.fault ??= `${name} does not end when it is stopped`
  return { fault: server.fault ?? end.fault ?? setting.atEnd(records), steps: scheduler.steps }
}
