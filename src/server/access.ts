import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { FileError } from '../../streams/files/file.ts'
import { TOKEN_PROTOCOL } from '../../streams/websocket/protocol.ts'
import { isSystemError } from '../../streams/reason.ts'
import { OptionError } from '../text/option-error.ts'
import type { ServiceOptions } from './service-options.ts'

const SHORTEST_TOKEN = 16

/** Whether a request knows the token */
export type Access = (request: IncomingMessage) => boolean

/** Throws OptionError where the server would be open to other machines, or its files do not go together */
export function assertSafe({ host, tokenFile, insecure, tlsCert, tlsKey }: ServiceOptions): void {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw new OptionError('tlsCert', '--tls-cert and --tls-key go together; give both')
  if (isLoopback(host) || tokenFile !== undefined || insecure === true) return
  throw new OptionError(
    'host',
    `host is ${host}, which other machines can reach: give a token with --token-file, or say --insecure to let anybody in; 127.0.0.1 is this machine alone`,
  )
}

/** Whether what clients send, tokens included, can be read on its way from other machines */
export function isInTheClear({ host, tlsCert }: ServiceOptions): boolean {
  return !isLoopback(host) && tlsCert === undefined
}

/** Lets in who sends the token of a file, as `Authorization: Bearer TOKEN` or among the subprotocols; everybody where there is no file. Rejects with a readable message. */
export function accessBy(tokenFile: string | undefined): Access {
  if (tokenFile === undefined) return () => true
  const token = tokenIn(tokenFile)
  if (token.length < SHORTEST_TOKEN) {
    throw new OptionError('tokenFile', `tokenFile ${tokenFile} holds ${token.length} characters, but a token has ${SHORTEST_TOKEN} at least`)
  }
  const expected = digest(token)
  return (request) => {
    const given = tokenOf(request)
    return given !== undefined && timingSafeEqual(digest(given), expected)
  }
}

/** The token that a file holds. Throws FileError. */
export function tokenIn(path: string): string {
  return readNow(path).toString().trim()
}

/** The bytes of a file that an option names. Throws FileError. */
export function readNow(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw isSystemError(error) ? new FileError(path, error) : error
  }
}

/** The origins of the server's own page: where it listens, by the names of this machine if that is all it is for. Never what a request says of itself. */
export function ownOrigins(scheme: 'http' | 'https', host: string, port: number): readonly string[] {
  const names = isLoopback(host) ? [host, '127.0.0.1', 'localhost', '::1'] : [host]
  return names.map((name) => new URL(`${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`).origin)
}

function tokenOf({ headers }: IncomingMessage): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (bearer !== undefined) return bearer
  const offered = headers['sec-websocket-protocol']?.split(',').map((protocol) => protocol.trim())
  const encoded = offered?.find((protocol) => protocol.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length)
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString()
}

/** Of equal lengths, whatever was given */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIP(host) === 4 && host.startsWith('127.')
}
