export { BrokerError } from '../../streams/nats/broker.ts'
export { TextPublisher } from '../../streams/nats/publisher.ts'
export { eventSubject, KeyError, keyOf, partitionOf, textSubject } from '../../streams/nats/subjects.ts'
export { NatsWorker, type WorkerOptions } from './worker.ts'
