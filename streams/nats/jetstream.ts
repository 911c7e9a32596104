import {
  type ConsumerMessages,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream'
import { type KV, Kvm } from '@nats-io/kv'
import { connect, headers as emptyHeaders, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node'
import { type Clock, systemClock } from '../clock.ts'
import {
  type Broker,
  type Bucket,
  CHECKPOINT_SUBJECTS,
  CHECKPOINTS,
  EVENTS,
  type Entry,
  type Message,
  type PublishOptions,
  type Reading,
  TEXTS,
} from './broker.ts'
import { EVENT_SUBJECTS, TEXT_SUBJECTS } from './subjects.ts'

const LEASES = 'rxrnn-leases'
const WORKERS = 'rxrnn-workers'

const SECOND = 1e9
const DAY = 86_400 * SECOND
/** Milliseconds that a request may take. A worker that waits longer may be taken for dead. */
const TIMEOUT = 1000
/** Messages that are fetched ahead */
const AHEAD = 200
/** Milliseconds after which a request for messages is made anew; half of that without a sign of life is too long */
const PATIENCE = 5000
const EXPECTED = 'Nats-Expected-Last-Subject-Sequence'

/** No broker, or one that cannot do what is needed; the message says what is missing */
export class BrokerError extends Error {
  override readonly name = 'BrokerError'
}

export interface BrokerOptions {
  /** Such as nats://127.0.0.1:4222; several are separated by commas */
  readonly url: string
  /** Days that texts and events are kept, where their streams are made now. Default 7. */
  readonly retention?: number
  /** Seconds after which a worker is forgotten that does not say that it is there, where that bucket is made now */
  readonly forget: number
}

/** NATS JetStream, with the streams and buckets that workers need. They are made where they are not there. */
export class NatsBroker implements Broker {
  readonly clock: Clock = systemClock
  readonly leases: Bucket
  readonly workers: Bucket
  readonly streamCreated: string
  readonly #connection: NatsConnection
  readonly #js: JetStreamClient
  readonly #jsm: JetStreamManager
  readonly #readings = new Set<ConsumerMessages>()

  /** Rejects with BrokerError */
  static async connect(options: BrokerOptions): Promise<NatsBroker> {
    const connection = await connected(options.url)
    try {
      return await prepared(connection, options)
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  constructor(connection: NatsConnection, jsm: JetStreamManager, leases: KV, workers: KV, streamCreated: string) {
    this.#connection = connection
    this.#js = jetstream(connection, { timeout: TIMEOUT })
    this.#jsm = jsm
    this.leases = bucketOf(leases)
    this.workers = bucketOf(workers)
    this.streamCreated = streamCreated
    void this.#stopReadingAfterBreaks()
  }

  get payload(): number {
    return (this.#connection.info?.max_payload ?? 2 ** 20) - 4096
  }

  async workerNames(): Promise<readonly string[]> {
    const prefix = `$KV.${WORKERS}.`
    const subjects = await this.subjects(`KV_${WORKERS}`, `${prefix}>`)
    return subjects.map((subject) => subject.slice(prefix.length))
  }

  async publish(subject: string, data: string | Uint8Array, { expected, headers = {} }: PublishOptions = {}): Promise<number> {
    const all = emptyHeaders()
    for (const [name, value] of Object.entries(headers)) all.set(name, value)
    if (expected !== undefined) all.set(EXPECTED, String(expected))
    const { seq } = await this.#js.publish(subject, data, { headers: all })
    return seq
  }

  async last(stream: string, subject: string): Promise<Message | undefined> {
    const message = await this.#jsm.streams.getMessage(stream, { last_by_subj: subject })
    return message === null ? undefined : messageOf(message.seq, message.subject, message.data, message.header)
  }

  async subjects(stream: string, filter: string): Promise<readonly string[]> {
    const { state } = await this.#jsm.streams.info(stream, { subjects_filter: filter })
    return Object.keys(state.subjects ?? {})
  }

  async purge(stream: string, filter: string): Promise<void> {
    await this.#jsm.streams.purge(stream, { filter })
  }

  async firstText(): Promise<number | undefined> {
    const { state } = await this.#jsm.streams.info(TEXTS)
    return state.messages > 0 ? state.first_seq : undefined
  }

  async readTexts(from: number): Promise<Reading> {
    const consumer = await this.#js.consumers.get(TEXTS, { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from })
    const messages = await consumer.consume({ max_messages: AHEAD, expires: PATIENCE })
    this.#readings.add(messages)
    return {
      stop: () => {
        this.#readings.delete(messages)
        messages.stop()
      },
      async *[Symbol.asyncIterator]() {
        for await (const { seq, subject, data, headers } of messages) yield messageOf(seq, subject, data, headers)
      },
    }
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }

  /** A server that was started again knows nothing of who was reading */
  async #stopReadingAfterBreaks(): Promise<void> {
    for await (const { type } of this.#connection.status()) if (type === 'reconnect') for (const messages of this.#readings) messages.stop()
  }
}

function messageOf(sequence: number, subject: string, data: Uint8Array, headers: MsgHdrs | undefined): Message {
  return { sequence, subject, data, header: (name) => headers?.get(name) }
}

function bucketOf(kv: KV): Bucket {
  return {
    get: async (key) => entryOf(await kv.get(key)),
    put: (key, value, expected) => kv.put(key, value, expected === undefined ? {} : { previousSeq: expected }),
    remove: (key) => kv.delete(key),
  }
}

function entryOf(entry: Awaited<ReturnType<KV['get']>>): Entry | undefined {
  if (entry === null) return undefined
  return { revision: entry.revision, value: entry.operation === 'PUT' ? entry.string() : undefined }
}

/** A connection that comes back by itself. Rejects with BrokerError when there is nobody now. */
export async function connected(url: string): Promise<NatsConnection> {
  try {
    return await connect({ servers: url.split(','), maxReconnectAttempts: -1, reconnectTimeWait: 100, reconnectJitter: 100, timeout: 3000 })
  } catch (error) {
    throw new BrokerError(`no NATS server answers at ${url}; start one with: nats-server -js`, { cause: error })
  }
}

async function prepared(connection: NatsConnection, { url, retention = 7, forget }: BrokerOptions): Promise<NatsBroker> {
  const jsm = await jetstreamManager(connection, { timeout: TIMEOUT }).catch((error: unknown) => {
    throw new BrokerError(`the NATS server at ${url} has no JetStream; start it with: nats-server -js`, { cause: error })
  })
  // 2.10 can compress what is on its disk
  const compression = isAtLeast(connection, 2, 10) ? { compression: 's2' as const } : {}
  const kept = { max_age: retention * DAY, ...compression }
  const texts = await ensureStream(jsm, TEXTS, { subjects: [`${TEXT_SUBJECTS}>`], ...kept })
  await ensureStream(jsm, EVENTS, { subjects: [`${EVENT_SUBJECTS}>`], ...kept })
  await ensureStream(jsm, CHECKPOINTS, { subjects: [`${CHECKPOINT_SUBJECTS}>`], max_msgs_per_subject: 1 })
  const kvm = new Kvm(jetstream(connection, { timeout: TIMEOUT }))
  const leases = await kvm.create(LEASES, { history: 1 })
  const workers = await kvm.create(WORKERS, { history: 1, ttl: forget * 1000 })
  return new NatsBroker(connection, jsm, leases, workers, texts.created)
}

async function ensureStream(jsm: JetStreamManager, name: string, config: Partial<StreamConfig>): Promise<StreamInfo> {
  try {
    return await jsm.streams.info(name)
  } catch (error) {
    if (!(error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound)) throw error
    return jsm.streams.add({ name, ...config })
  }
}

function isAtLeast({ info }: NatsConnection, major: number, minor: number): boolean {
  const [theirMajor = 0, theirMinor = 0] = (info?.version ?? '').split('.').map(Number)
  return theirMajor > major || (theirMajor === major && theirMinor >= minor)
}
