import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { eventSubject } from 'rxrnn/nats'

/* What workers left on a server, read without their code: this is their format, written down */

interface Checkpoints {
  /** The sequence that all partitions cover */
  readonly covered: number
  readonly load: (key: string) => Promise<Uint8Array | undefined>
}

interface Blob {
  readonly name: string
  readonly parts: number
}

export async function checkpointsOn(connection: NatsConnection): Promise<Checkpoints> {
  const jsm = await jetstreamManager(connection)
  const leases = await new Kvm(jetstream(connection)).open('rxrnn-leases')
  const bytesOf = async ({ name, parts }: Blob) => {
    const all: Uint8Array[] = []
    for (let i = 0; i < parts; i++) {
      const message = await jsm.streams.getMessage('RXRNN_CHECKPOINTS', { last_by_subj: `rxrnn.checkpoint.${name}.${i}` })
      if (message === null) throw new Error(`part ${i} of ${name} is missing`)
      all.push(message.data)
    }
    return Buffer.concat(all)
  }
  let covered = Infinity
  const blobs = new Map<string, Blob>()
  const { partitions }: { partitions: number } = (await leases.get('config'))!.json()
  for (let i = 0; i < partitions; i++) {
    const record: { covered: number; index: Blob | null } = (await leases.get(`partition.${i}`))?.json() ?? { covered: 0, index: null }
    covered = Math.min(covered, record.covered)
    if (record.index === null) continue
    const index: readonly (readonly [string, Blob])[] = JSON.parse((await bytesOf(record.index)).toString())
    for (const [key, blob] of index) blobs.set(key, blob)
  }
  return { covered, load: async (key) => (blobs.has(key) ? bytesOf(blobs.get(key)!) : undefined) }
}

/** All events of a key */
export async function eventsOn(connection: NatsConnection, key: string): Promise<readonly object[]> {
  const jsm = await jetstreamManager(connection)
  const subject = eventSubject(key)
  const { state } = await jsm.streams.info('RXRNN_EVENTS', { subjects_filter: subject })
  const count = state.subjects?.[subject] ?? 0
  const consumer = await jetstream(connection).consumers.get('RXRNN_EVENTS', { filter_subjects: subject, deliver_policy: DeliverPolicy.All })
  const events: object[] = []
  for (let seen = 0; seen < count; ) {
    for await (const message of await consumer.fetch({ max_messages: count - seen, expires: 2000 })) {
      seen += 1
      for (const line of message.string().trimEnd().split('\n')) events.push(JSON.parse(line))
    }
  }
  return events
}
