import type { Socket } from 'node:net'

export interface ConnectionLimitsOptions {
  /** WebSockets in all */
  readonly maxConnections: number
  /** WebSockets of one address */
  readonly maxPerAddress: number
  /** Told of each socket that had to go */
  readonly dropped: (address: string) => void
}

// as many sockets as this may be without a WebSocket, however few of those there may be
const FEWEST = 256
const FEWEST_PER_ADDRESS = 64
const TOO_MANY_REQUESTS = 429
const UNAVAILABLE = 503

/**
 * How many sockets there are, in all and per address. A newcomer always gets in: of the sockets that are no WebSockets (they are silent, in a handshake, refused,
 * or ask for a page) the oldest gives way, first that of the newcomer's own address when this has its share, else of the address that has the most.
 */
export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions
  /** Those that are no WebSockets, by address, the oldest first */
  readonly #waiting = new Map<string, Map<string, Socket>>()
  #waitingCount = 0
  readonly #connections = new Map<string, number>()
  #connectionCount = 0

  constructor(options: ConnectionLimitsOptions) {
    this.#options = options
  }

  /** Counts a socket until it closes or becomes a WebSocket; `isShared` is whether many clients have its address */
  arrived(socket: Socket, address: string, isShared: boolean): void {
    const { maxConnections, maxPerAddress } = this.#options
    const own = this.#waiting.get(address)
    if (!isShared && (own?.size ?? 0) >= Math.max(maxPerAddress, FEWEST_PER_ADDRESS)) this.#drop(own!, address)
    else if (this.#waitingCount >= Math.max(maxConnections, FEWEST)) this.#dropOfTheMost()
    const name = nameOf(socket)
    this.#waiting.set(address, (this.#waiting.get(address) ?? new Map<string, Socket>()).set(name, socket))
    this.#waitingCount += 1
    socket.once('close', () => this.#forget(address, name))
  }

  /** The HTTP status with which one more WebSocket of an address is refused, if it is */
  refusal(address: string): number | undefined {
    if (this.#connectionCount >= this.#options.maxConnections) return UNAVAILABLE
    return (this.#connections.get(address) ?? 0) >= this.#options.maxPerAddress ? TOO_MANY_REQUESTS : undefined
  }

  /** A socket, which came from `peer`, is a WebSocket of `address` now. Returns what gives its place back. */
  upgraded(socket: Socket, peer: string, address: string): () => void {
    this.#forget(peer, nameOf(socket))
    this.#connections.set(address, (this.#connections.get(address) ?? 0) + 1)
    this.#connectionCount += 1
    return () => {
      const left = this.#connections.get(address)! - 1
      if (left > 0) this.#connections.set(address, left)
      else this.#connections.delete(address)
      this.#connectionCount -= 1
    }
  }

  /** Destroys all that are no WebSockets */
  clear(): void {
    for (const sockets of this.#waiting.values()) for (const socket of sockets.values()) socket.destroy()
  }

  #forget(address: string, name: string): void {
    const sockets = this.#waiting.get(address)
    if (sockets?.delete(name) !== true) return
    this.#waitingCount -= 1
    if (sockets.size === 0) this.#waiting.delete(address)
  }

  #dropOfTheMost(): void {
    const [address, sockets] = [...this.#waiting].reduce((most, one) => (one[1].size > most[1].size ? one : most))
    this.#drop(sockets, address)
  }

  #drop(sockets: ReadonlyMap<string, Socket>, address: string): void {
    const [[name, oldest] = []] = sockets
    if (name === undefined || oldest === undefined) return
    this.#forget(address, name)
    oldest.destroy()
    this.#options.dropped(address)
  }
}

/** The same of a socket and of TLS over it */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
