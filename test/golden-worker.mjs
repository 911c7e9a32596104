import { parentPort } from 'node:worker_threads'
import { learnGolden } from './golden.mjs'

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port has no origin
parentPort.postMessage(learnGolden())
