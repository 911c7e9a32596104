export type { Backoff } from './backoff.ts'
export { RemoteLearner, type RemoteLearnerOptions } from './remote-learner.ts'
export type { WebSocketConstructor, WebSocketLike } from './websocket-like.ts'
