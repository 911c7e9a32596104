import { parentPort, workerData } from 'node:worker_threads'
import { LearnerThread } from './learner-thread.ts'
import type { LearnerSettings, ToLearner } from './messages.ts'

/* The entry of a learner's thread */

const settings: LearnerSettings = workerData
const port = parentPort!
const thread = new LearnerThread(settings, (messages) => port.postMessage(messages))
port.on('message', (message: ToLearner) => thread.receive(message))
