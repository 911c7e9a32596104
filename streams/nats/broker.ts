import {
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
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { EVENT_SUBJECTS, TEXT_SUBJECTS } from './subjects.ts'

export const TEXTS = 'RXRNN_TEXT'
export const EVENTS = 'RXRNN_EVENTS'
export const CHECKPOINTS = 'RXRNN_CHECKPOINTS'
export const CHECKPOINT_SUBJECTS = 'rxrnn.checkpoint.'
const LEASES = 'rxrnn-leases'
const WORKERS = 'rxrnn-workers'

const SECOND = 1e9
const DAY = 86_400 * SECOND
/** Milliseconds that a request may take. A worker that waits longer may be taken for dead. */
const TIMEOUT = 1000

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

/** A connection with all that workers need: streams of texts, events and checkpoints, and buckets of leases and workers. They are made where they are not there. */
export class Broker {
  readonly connection: NatsConnection
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
  readonly leases: KV
  readonly workers: KV
  /** When the stream of texts was made: one that was made anew is another one */
  readonly streamCreated: string

  /** Errors with BrokerError */
  static async connect(options: BrokerOptions): Promise<Broker> {
    const connection = await connected(options.url)
    try {
      return await prepared(connection, options)
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  constructor(connection: NatsConnection, jsm: JetStreamManager, leases: KV, workers: KV, streamCreated: string) {
    this.connection = connection
    this.js = jetstream(connection, { timeout: TIMEOUT })
    this.jsm = jsm
    this.leases = leases
    this.workers = workers
    this.streamCreated = streamCreated
  }

  /** Bytes that fit into one message, with room for headers */
  get payload(): number {
    return (this.connection.info?.max_payload ?? 2 ** 20) - 4096
  }

  /** Who said that it is there and was not forgotten yet */
  async workerNames(): Promise<readonly string[]> {
    const prefix = `$KV.${WORKERS}.`
    const { state } = await this.jsm.streams.info(`KV_${WORKERS}`, { subjects_filter: `${prefix}>` })
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(prefix.length))
  }

  async close(): Promise<void> {
    await this.connection.close()
  }
}

/** A connection that comes back by itself. Errors with BrokerError when there is nobody now. */
export async function connected(url: string): Promise<NatsConnection> {
  try {
    return await connect({ servers: url.split(','), maxReconnectAttempts: -1, reconnectTimeWait: 100, reconnectJitter: 100, timeout: 3000 })
  } catch (error) {
    throw new BrokerError(`no NATS server answers at ${url}; start one with: nats-server -js`, { cause: error })
  }
}

async function prepared(connection: NatsConnection, { url, retention = 7, forget }: BrokerOptions): Promise<Broker> {
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
  return new Broker(connection, jsm, leases, workers, texts.created)
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
