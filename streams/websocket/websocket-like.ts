/** What a client needs of a WebSocket: browsers have it, Node from version 22; before, take the one of `ws` */
export interface WebSocketLike {
  binaryType: string
  readonly bufferedAmount: number
  send(data: string | Uint8Array): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void
}

export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike

/** The WebSocket of the platform. Throws where there is none. */
export function globalWebSocket(): WebSocketConstructor {
  const { WebSocket } = globalThis as { WebSocket?: WebSocketConstructor }
  if (WebSocket === undefined) throw new Error("there is no WebSocket here; give one with the option WebSocket: that of 'ws'")
  return WebSocket
}
