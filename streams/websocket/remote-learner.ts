import { type Observable, type Observer, Subject } from 'rxjs'
import { Gate } from '../../src/async.ts'
import { type Backoff, delayOf, uniform } from './backoff.ts'
import { Outbox } from './outbox.ts'
import type { Chunk } from '../../src/text/decoder.ts'
import { asServerMessage, PROTOCOL, type ServerMessage, TOKEN_PROTOCOL, type VerdictMessage } from './protocol.ts'
import { globalWebSocket, type WebSocketConstructor, type WebSocketLike } from './websocket-like.ts'

export interface RemoteLearnerOptions {
  readonly WebSocket?: WebSocketConstructor
  /** What the server must be told to let anybody in */
  readonly token?: string | undefined
  /**
   * Where the first character belongs. `append` (the default): after all that the server has of this producer. `beginning`: at offset 0; what the server has
   * is skipped, so that a text can be sent again from its start.
   */
  readonly from?: 'append' | 'beginning'
  /** Characters that are held until the server has them safe; with more than that `ready` makes the source wait */
  readonly buffer?: number
  /** How long to wait before connecting again: 250 milliseconds, doubled up to 30 seconds, less up to a half at random */
  readonly backoff?: Backoff
  /** Milliseconds without a word from the server after which the connection counts as lost; the server says something every 15 seconds */
  readonly silence?: number
  /**
   * A random number from 0 to 1
   * @internal
   */
  readonly random?: () => number
  /** Told of each connection that was made */
  readonly connected?: () => void
  /** Told of each connection that was lost, why, and after how many milliseconds it is tried again */
  readonly lost?: (reason: string, delay: number) => void
  /** Told when the server has forgotten this producer, and so many characters of it that were acknowledged: they are not sent again, and the text continues */
  readonly forgotten?: (characters: number) => void
}

const BUFFER = 1 << 20
const BACKOFF: Backoff = { first: 250, most: 30_000 }
const SILENCE = 45_000
// bytes that may wait in the socket, and milliseconds between two looks at whether they have left: a browser does not say when
const IN_FLIGHT = 256 * 1024
const LOOK_AGAIN = 10
const NORMAL = 1000
const POLICY = 1008
const TOO_BIG = 1009

/**
 * A learner on a server, by the protocol rxrnn.v1: text goes in (it is an Observer), events come out (`events$`). It holds the text until the server has it
 * safe. When the connection is lost it connects again and resumes where the server says, so that every character is learned once.
 *
 *     const remote = new RemoteLearner('ws://127.0.0.1:8787/v1/learn/app?producer=web-1', { WebSocket })
 *     remote.events$.subscribe((event) => ...)
 *     stdin({ ready: () => remote.ready() }).subscribe(remote)
 *
 * `events$` completes when the text has ended and all of it is safe. It errors when the server cannot be reached at first, or refuses the text.
 */
export class RemoteLearner implements Observer<Chunk> {
  /** What the server says, from the construction on. Signs of life are omitted. */
  readonly events$: Observable<unknown>
  readonly #url: string
  readonly #options: RemoteLearnerOptions
  readonly #events = new Subject<unknown>()
  readonly #outbox = new Outbox()
  readonly #gate = new Gate(() => this.#over || this.held <= (this.#options.buffer ?? BUFFER))
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  /** How much less the server counts, which has forgotten this producer and started it anew */
  #shift = 0
  /** Text that waits for the first hello, which has its offset */
  #early: string[] = []
  #socket: WebSocketLike | undefined
  #welcomed = false
  #greeted = false
  /** Whether there was a server once */
  #reached = false
  #failures = 0
  #ended = false
  #over = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined

  /** Connects at once */
  constructor(url: string, options: RemoteLearnerOptions = {}) {
    this.#url = url
    this.#options = options
    this.events$ = this.#events.asObservable()
    this.#connect()
  }

  /** Characters that the server does not have safe yet */
  get held(): number {
    return this.#outbox.held + this.#early.reduce((sum, { length }) => sum + length, 0)
  }

  /** Undefined while there is room; else a promise that resolves when there is again, or all is over. A source that waits for it is never ahead of the server. */
  ready(): Promise<void> | undefined {
    return this.#gate.ready()
  }

  /** Sends text, or the bytes of text in UTF-8 */
  next(chunk: Chunk): void {
    if (this.#over || this.#ended) return
    this.#push(typeof chunk === 'string' ? chunk : this.#decoder.decode(chunk, { stream: true }))
  }

  /** The source has failed: hangs up. What the server has not learned yet may be lost. */
  error(error: unknown): void {
    this.#end()
    this.#events.error(error)
  }

  /** The text has ended: hangs up when all of it is safe */
  complete(): void {
    if (this.#over || this.#ended) return
    this.#push(this.#decoder.decode())
    this.#ended = true
    this.#finishIfDone()
  }

  /** Hangs up now */
  close(): void {
    this.#end()
    this.#events.complete()
  }

  /** Asks for a sample, which comes as an event; does nothing while there is no connection */
  sample(options: { readonly length?: number; readonly temperature?: number; readonly seed?: number; readonly prime?: string } = {}): void {
    if (this.#welcomed) this.#socket?.send(JSON.stringify({ type: 'sample', ...options }))
  }

  /**
   * Says what a person thinks of an alert of this stream, by the `offset` of its event: lines like it rank higher or lower from then on. `none` takes it
   * back. Returns whether it was sent: not while there is no connection. What the server refuses comes back as an event of type `error`.
   */
  judge({ offset, verdict }: { readonly offset: number; readonly verdict: 'useful' | 'noise' | 'none' }): boolean {
    if (!this.#welcomed) return false
    const message: VerdictMessage = { type: 'verdict', offset, verdict }
    this.#socket?.send(JSON.stringify(message))
    return true
  }

  #push(text: string): void {
    if (this.#greeted) this.#outbox.push(text)
    else this.#early.push(text)
    this.#pump()
  }

  #connect(): void {
    const { WebSocket = globalWebSocket(), token } = this.#options
    const socket = new WebSocket(this.#url, token === undefined ? [PROTOCOL] : [PROTOCOL, TOKEN_PROTOCOL + base64url(token)])
    const current = (react: () => void) => () => {
      if (this.#socket === socket) react()
    }
    this.#socket = socket
    this.#listen()
    socket.addEventListener('open', () => current(() => this.#open())())
    socket.addEventListener('message', ({ data }) => current(() => this.#receive(String(data)))())
    // what went wrong is told by the close that follows
    socket.addEventListener('error', () => {})
    socket.addEventListener('close', ({ code, reason }) => current(() => this.#closed(code, reason))())
  }

  #open(): void {
    this.#reached = true
    this.#options.connected?.()
  }

  /** Counts the silence from now on */
  #listen(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#lose('the server said nothing'), this.#options.silence ?? SILENCE)
  }

  #receive(json: string): void {
    this.#listen()
    const event = parsed(json)
    if (event === undefined) return this.#fail(`${this.#url} sends invalid JSON: it is not a server of rxrnn`)
    const message = asServerMessage(event)
    if (message === undefined || message.type !== 'alive') this.#events.next(event)
    if (message !== undefined) this.#act(message)
  }

  #act(message: ServerMessage): void {
    if (message.type === 'hello') this.#welcome(message)
    else if (message.type === 'ack') this.#acknowledge(message.offset + this.#shift)
  }

  /** Continues where the server says. A private learner has forgotten everything, and starts with what is not acknowledged. */
  #welcome({ offset, durable }: ServerMessage & { readonly type: 'hello' }): void {
    if (!this.#greeted) this.#start(offset)
    if (durable) this.#align(offset)
    this.#failures = 0
    this.#welcomed = true
    this.#outbox.rewind(durable ? offset + this.#shift : this.#outbox.base)
    this.#pump()
    this.#finishIfDone()
  }

  /** Finds where the server's offset is in this text. What it has forgotten is not held any more. */
  #align(offset: number): void {
    const { base, held } = this.#outbox
    // it was killed before a checkpoint held that it had forgotten
    if (offset + this.#shift > base + held && offset >= base) this.#shift = 0
    const forgotten = base - offset - this.#shift
    if (forgotten <= 0) return
    this.#shift += forgotten
    this.#options.forgotten?.(forgotten)
  }

  #start(offset: number): void {
    this.#greeted = true
    if (this.#options.from !== 'beginning') this.#outbox.startAt(offset)
    for (const text of this.#early) this.#outbox.push(text)
    this.#early = []
  }

  #acknowledge(offset: number): void {
    this.#outbox.acknowledge(offset)
    this.#gate.check()
    this.#finishIfDone()
  }

  /** Sends as much as the socket takes */
  #pump(): void {
    const socket = this.#socket
    if (!this.#welcomed || socket === undefined) return
    clearTimeout(this.#timer)
    while (socket.bufferedAmount <= IN_FLIGHT) {
      const piece = this.#outbox.take()
      if (piece === undefined) return
      socket.send(JSON.stringify({ type: 'text', offset: piece.offset - this.#shift, text: piece.text }))
    }
    this.#timer = setTimeout(() => this.#pump(), LOOK_AGAIN)
  }

  #closed(code: number, reason: string): void {
    const words = `${this.#url} closed the connection with ${code}${reason === '' ? '' : `: ${reason}`}`
    if (code === POLICY || code === TOO_BIG) this.#fail(words)
    else if (this.#reached) this.#lose(words)
    else this.#fail(`cannot reach ${this.#url}: is the server running, and does it let this client in?`)
  }

  /** Connects again after a while */
  #lose(reason: string): void {
    const { backoff = BACKOFF, random = uniform, lost } = this.#options
    this.#hangUp()
    this.#failures += 1
    const delay = delayOf(this.#failures, backoff, random)
    lost?.(reason, delay)
    this.#timer = setTimeout(() => this.#connect(), delay)
  }

  #fail(message: string): void {
    this.#end()
    this.#events.error(new Error(message))
  }

  #finishIfDone(): void {
    if (this.#ended && this.#greeted && this.held === 0) this.close()
  }

  #end(): void {
    this.#over = true
    this.#hangUp()
    this.#gate.check()
  }

  #hangUp(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#silence)
    this.#welcomed = false
    const socket = this.#socket
    this.#socket = undefined
    socket?.close(NORMAL)
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function base64url(text: string): string {
  const bytes = new TextEncoder().encode(text)
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
