import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n'

/** The bytes of a handshake; more headers may follow the usual ones */
export function handshake(path: string, more: string = '', method: string = 'GET'): string {
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${KEY}${more}\r\n`
}

export interface Raw {
  readonly socket: Socket
  /** All that came */
  readonly received: () => string
  /** Resolves when the server has hung up */
  readonly closed: Promise<void>
}

/** A socket that sends these bytes, as one of Latin-1, from an address of this machine */
export function raw(url: string, bytes: string = '', localAddress: string = '127.0.0.1'): Raw {
  const { port, hostname } = new URL(url)
  const socket = connectTcp({ port: Number(port), host: hostname, localAddress })
  let received = ''
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
  socket.write(bytes, 'latin1')
  onTestFinished(() => void socket.destroy())
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return { socket, received: () => received, closed }
}

/** The first line that the server answers, or an empty one when it hangs up */
export async function answer(url: string, bytes: string): Promise<string> {
  const { socket, received, closed } = raw(url, bytes)
  while (!received().includes('\r\n') && !socket.destroyed) await Promise.race([once(socket, 'data').catch(() => {}), closed])
  socket.destroy()
  return received().split('\r\n')[0]!
}

/** A masked frame, whose mask is zero */
export function frame(opcode: number, payload: string | Buffer, final: boolean = true): Buffer {
  const bytes = Buffer.from(payload)
  const length = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255]
  return Buffer.concat([Buffer.from([(final ? 128 : 0) | opcode, 128 | length[0]!, ...length.slice(1)]), Buffer.alloc(4), bytes])
}
