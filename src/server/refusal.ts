import type { ErrorCode } from '../../streams/websocket/protocol.ts'

/** A refusal that ends a connection */
export class Refusal extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

const POLICY = 1008
const INTERNAL = 1011
const TRY_AGAIN_LATER = 1013

/** The WebSocket close code that goes with an error */
export function closeCodeOf(code: ErrorCode): number {
  if (code === 'internal') return INTERNAL
  return code === 'unavailable' || code === 'too-many-producers' ? TRY_AGAIN_LATER : POLICY
}
