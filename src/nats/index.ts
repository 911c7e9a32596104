export { BrokerError } from '../../streams/nats/jetstream.ts'
export { TextPublisher } from '../../streams/nats/publisher.ts'
export { eventSubject, KeyError, keyOf, textSubject } from '../../streams/nats/subjects.ts'
export { NatsWorker, type WorkerOptions } from './nats-worker.ts'
