/* All subpaths that Node has: their types compile without skipLibCheck, for who has the types of Node and of ws */
export type * as rxrnn from 'rxrnn'
export type * as kernels from 'rxrnn/kernels'
export type * as keyed from 'rxrnn/keyed'
export type * as nats from 'rxrnn/nats'
export type * as node from 'rxrnn/node'
export type * as client from 'rxrnn/websocket'
export type * as server from 'rxrnn/websocket-server'
