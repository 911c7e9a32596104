import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import pino, { type DestinationStream } from 'pino'

const STANDARD_ERROR = 2
// bytes that may wait for whoever reads the log
const LIMIT = 1 << 20

/** Standard error for the log. A reader that stalls holds nothing up: what it does not read in time is not logged. */
export function logOutput(): DestinationStream {
  const standardError = fstatSync(STANDARD_ERROR)
  // a file takes everything, and a terminal is read by a person
  if (!standardError.isFIFO() && !standardError.isSocket()) return pino.destination({ dest: STANDARD_ERROR, sync: true })
  const socket = new Socket({ fd: STANDARD_ERROR, readable: false, writable: true })
  socket.unref()
  // nobody reads any more
  socket.on('error', () => {})
  return { write: (line) => void (socket.writableLength < LIMIT && socket.write(line)) }
}
