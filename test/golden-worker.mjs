import { parentPort } from 'node:worker_threads'
import { golden } from './golden.mjs'

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port has no origin
parentPort.postMessage({ reference: golden('reference'), simd: golden('simd') })
