/**
 * Learns what is published on an MQTT broker, and prints the lines that stand out. RxJS's own `fromEvent` is the adapter. Without an address it starts a
 * broker of its own and publishes what comes on standard input there.
 *
 *     node dist/examples/mqtt.js mqtt://broker.example:1883 'logs/#'
 *     node dist/examples/service-log.js --lines 3000 | node dist/examples/mqtt.js
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { createInterface } from 'node:readline'
import { Aedes } from 'aedes'
import { connectAsync } from 'mqtt'
import { filter, fromEvent, map, takeUntil } from 'rxjs'
import { createModel, events } from 'rxrnn'

const [address, topic = 'logs/#'] = process.argv.slice(2)
const END = 'logs/end'
const demonstration = address === undefined ? await startBroker() : undefined
const client = await connectAsync(address ?? demonstration!.address)
const model = createModel()

const messages$ = fromEvent(client, 'message', (name: string, payload: Buffer) => ({ name, payload }))
const end$ = messages$.pipe(filter(({ name }) => name === END))
messages$
  .pipe(
    takeUntil(end$),
    map(({ payload }) => `${payload.toString()}\n`),
    events(model, { types: ['line'] }),
    filter((event) => event.type === 'line' && event.alert),
  )
  .subscribe({
    next: (event) => console.log(event.type === 'line' ? event.text : ''),
    complete: () => {
      client.end()
      demonstration?.close()
    },
  })
await client.subscribeAsync(topic, { qos: 1 })
if (demonstration !== undefined) await publish(demonstration.address)

async function publish(to: string): Promise<void> {
  const publisher = await connectAsync(to)
  for await (const line of createInterface(process.stdin)) await publisher.publishAsync('logs/shop', line, { qos: 1 })
  await publisher.publishAsync(END, '', { qos: 1 })
  await publisher.endAsync()
}

async function startBroker(): Promise<{ readonly address: string; readonly close: () => void }> {
  const broker = await Aedes.createBroker()
  const server = createServer(broker.handle)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { address: `mqtt://127.0.0.1:${portOf(server)}`, close: () => broker.close(() => server.close()) }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
