/**
 * A worker for torture-nats.mjs: `rxrnn worker` with a tiny model. With --unsafe it moves leases without compare and set, to show that the torture notices.
 */
import { parseArgs } from 'node:util'
import { Bucket } from '@nats-io/kv'
import { NatsWorker } from 'rxrnn/nats'

const { values } = parseArgs({
  options: { nats: { type: 'string' }, name: { type: 'string' }, unsafe: { type: 'boolean' }, lease: { type: 'string' } },
})
if (values.unsafe) {
  // oxlint-disable-next-line typescript/unbound-method -- called with its bucket below
  const { put } = Bucket.prototype
  Bucket.prototype.put = function (key, data) {
    return put.call(this, key, data)
  }
}
const worker = new NatsWorker({
  url: values.nats,
  name: values.name,
  model: { hidden: 4, ngram: 2, tableBits: 5, every: 5, through: 7, vocabularyLimit: 16 },
  // some partitions have more keys than that
  resident: 5,
  lease: Number(values.lease),
  checkpointEvery: 1,
  note: (text) => console.error(`${values.name} ${text}`),
})
process.once('SIGTERM', () => worker.stop())
try {
  await worker.run()
} catch (error) {
  console.error(`${values.name} FAILED ${error.stack}`)
  process.exit(1)
}
