import {
  type ErrorCode,
  PROTOCOL,
  parseClientMessage,
  type SampleMessage,
  type TextMessage,
  type VerdictMessage,
} from '../../streams/websocket/protocol.ts'
import { skipCharacters } from '../text/unicode.ts'
import { charactersIn } from '../text/unicode.ts'
import type { LearnerEvent } from '../alerts/events.ts'
import type { Chunk } from '../text/decoder.ts'
import { messageOf } from '../text/message-of.ts'
import { createModel } from '../network/create.ts'
import type { Model } from '../network/model.ts'
import type { GivenOptions } from '../network/options.ts'
import type { LearnerContext, Session } from './learner-context.ts'
import { closeCodeOf, Refusal } from './refusal.ts'
import { gradingFor, isAskedFor, type Opening } from './messages.ts'
import { EventQueue } from './event-queue.ts'
import { Rate } from './rate.ts'
import type { Feeder, Producer } from './producer.ts'
import type { SharedModel } from './shared.ts'
import { TracedStream } from '../inspect/traced-stream.ts'
import { Tracing } from './tracing.ts'
import type { Job } from './fair-scheduler.ts'
import { DONE, SampleWork, TextWork, type Work } from './work.ts'

// milliseconds in which a turn continues to the next of many short frames
const SHORT = 1
// a client of a private model is told how far it is after so many characters, or whenever nothing is left to do
const ACKNOWLEDGE = 8192
// characters that could be learned in the time of a verdict
const VERDICT = 512

/** A connection that sends text to be learned */
export class LearningSession implements Session, Job, Feeder {
  readonly #opening: Opening
  readonly #desk: LearnerContext
  readonly #outgoing: EventQueue
  /** What the watchers of the model know it by */
  readonly #name: string
  readonly #frames: Chunk[] = []
  readonly #tracing = new Tracing(() => this.#trace(this.#stream!))
  #shared: SharedModel | undefined
  /** Of rxrnn.v1 on a shared model */
  #producer: Producer | undefined
  #model: Model | undefined
  #stream: TracedStream | undefined
  #work: Work | undefined
  readonly #rate: Rate | undefined
  /** Until when nothing more is done for it, since it has asked for too many samples */
  #rest: ReturnType<typeof setTimeout> | undefined
  /** Of the frame that is being dealt with */
  #length = 0
  /** Of those that were dealt with in this turn */
  #settled = 0
  /** rxrnn.v1: the offset of the character that comes next; undefined where the first text decides */
  #next: number | undefined
  #ready = false
  /** Characters that were learned */
  #position = 0
  #acknowledged = 0
  #gone = false
  #over = false

  constructor(opening: Opening, desk: LearnerContext) {
    this.#opening = opening
    this.#desk = desk
    this.#outgoing = new EventQueue(opening.id, desk.post, desk.figures)
    this.#name = opening.protocol === PROTOCOL ? opening.producer : `connection-${opening.id}`
    if (desk.settings.maxRate !== undefined) this.#rate = new Rate(desk.settings.maxRate)
  }

  /** Waits for its model; what arrives until then waits, too */
  async open(): Promise<void> {
    try {
      await this.#prepare()
    } catch (error) {
      this.#refuse(error instanceof Refusal ? error : this.#unavailable(error))
    }
    this.#desk.turns.wake(this)
  }

  frame(chunk: Chunk): void {
    this.#frames.push(chunk)
    this.#desk.turns.wake(this)
  }

  flushed(length: number): void {
    this.#outgoing.flushed(length)
    if (!this.#outgoing.full) this.#desk.turns.wake(this)
  }

  gone(): void {
    this.#gone = true
    // nobody would read it
    if (this.#work instanceof SampleWork) this.#finish()
    this.#desk.turns.wake(this)
  }

  alive(): void {
    if (this.#opening.protocol === PROTOCOL) this.#outgoing.replaceable('alive', () => ({ v: 1, type: 'alive', offset: this.#position }))
  }

  event(event: LearnerEvent): void {
    if (isAskedFor(event, this.#opening.types)) {
      if (event.type === 'stats') this.#outgoing.replaceable('stats', () => event)
      else this.#outgoing.send(event)
    }
    for (const watcher of this.#shared?.watchers ?? []) watcher.watched(event, this.#name)
  }

  failed(error: unknown): void {
    this.#log('failed', 'a stream failed', error)
    this.#refuse(new Refusal('internal', 'the learner failed; see the log of the server'))
  }

  acknowledge(position: number): void {
    if (position === this.#acknowledged) return
    this.#acknowledged = position
    // it never gives way to newer: the last one before the server goes must not wait for one that does not come
    this.#outgoing.send({ v: 1, type: 'ack', offset: position })
  }

  replaced(): void {
    this.#refuse(new Refusal('replaced', `another connection took over as producer ${this.#opening.producer}`))
  }

  turn(): boolean {
    if (this.#over) return this.#leave()
    if (!this.#ready) return false
    // what a private learner would still learn nobody would ever see
    if (this.#gone && this.#opening.name === undefined) return this.#leave()
    // a client that has gone holds nothing up by not reading
    if ((this.#outgoing.full || this.#rest !== undefined) && !this.#gone) return false
    if (this.#work === undefined && this.#frames.length === 0) return this.#gone && this.#leave()
    const last = this.#stream?.last
    this.#workOn()
    // what was read may have been no more than the start of a character
    if (this.#stream?.last !== last) this.#predict()
    this.#settle()
    return this.#over || this.#gone || this.#work !== undefined || (this.#frames.length > 0 && this.#rest === undefined)
  }

  /** A turn's worth of a frame, or as many short frames as a prediction after the last of them is soon enough for */
  #workOn(): void {
    const start = performance.now()
    do {
      this.#work ??= this.#take()
      if (this.#work === undefined) continue
      if (this.#stream !== undefined) this.#stream.traced = this.#isTraced()
      if (!this.#work.turn()) return
      this.#finish()
    } while (this.#frames.length > 0 && !this.#over && this.#rest === undefined && performance.now() - start < SHORT)
  }

  async #prepare(): Promise<void> {
    const { name, protocol, producer } = this.#opening
    if (name !== undefined) this.#shared = await this.#desk.models.join(name)
    if (protocol === PROTOCOL) {
      this.#producer = this.#shared?.connect(producer, this)
      this.#position = this.#producer?.position ?? 0
      this.#next = this.#shared && this.#position
      this.#hello()
    }
    this.#ready = true
  }

  /** Says where to continue, and up to where all is safe */
  #hello(): void {
    const { name = null, producer } = this.#opening
    const durable = this.#shared !== undefined
    this.#outgoing.send({ v: 1, type: 'hello', protocol: PROTOCOL, offset: this.#position, model: name, producer, durable })
    const safe = this.#producer?.durable ?? 0
    if (safe > 0) this.acknowledge(safe)
  }

  /** What the next frame asks for, if there is one */
  #take(): Work | undefined {
    const frame = this.#frames.shift()
    if (frame === undefined) return undefined
    this.#length = frame.length
    if (this.#opening.protocol === 'plain') return this.#textWork(frame)
    const message = typeof frame === 'string' ? parseClientMessage(frame) : 'a message is a text frame, not a binary one'
    if (typeof message === 'string') return this.#refuse(new Refusal('bad-message', message))
    if (message.type === 'text') return this.#nextText(message)
    return message.type === 'sample' ? this.#sample(message) : this.#judge(message)
  }

  /** A text that was sent before is skipped, as far as it was */
  #nextText({ offset, text }: TextMessage): Work | undefined {
    const next = this.#next ?? offset
    if (offset > next) return this.#refuse(new Refusal('gap', `this text starts at offset ${offset}, but ${next} comes next: resume from there`))
    if (this.#next === undefined) this.#position = offset
    const fresh = skipCharacters(text, next - offset)
    this.#next = next + charactersIn(fresh)
    return this.#textWork(fresh)
  }

  #textWork(chunk: Chunk): Work | undefined {
    // who sends nothing needs no place
    if (chunk.length === 0) return DONE
    const model = this.#needModel()
    if (model === undefined) return undefined
    const stream = this.#needStream(model)
    if (stream === undefined) return undefined
    return new TextWork(chunk, (piece, characters) => this.#learn(stream, piece, characters))
  }

  /** The stream of a producer takes its place when there is text for it */
  #needStream(model: Model): TracedStream | undefined {
    try {
      if (this.#shared !== undefined && this.#opening.protocol === PROTOCOL) this.#producer ??= this.#shared.start(this.#opening.producer, this)
    } catch (error) {
      return this.#refuse(error instanceof Refusal ? error : this.#unavailable(error))
    }
    return (this.#stream ??= this.#producer?.stream ?? new TracedStream(model, this, gradingFor(this.#opening.types)))
  }

  /** A private model is made when it is first needed: who connects and says nothing takes no memory */
  #needModel(): Model | undefined {
    try {
      this.#model ??= this.#shared?.model ?? createModel(this.#modelOptions)
    } catch (error) {
      this.#refuse(this.#unavailable(error))
    }
    return this.#model
  }

  get #modelOptions(): GivenOptions {
    const { preset } = this.#opening
    return { ...this.#desk.settings.model, ...(preset && { preset }) }
  }

  #learn(stream: TracedStream, piece: Chunk, characters: number): void {
    stream.learn(piece)
    this.#desk.figures.characters += characters
    this.#position += characters
    if (this.#shared !== undefined) this.#shared.characters += characters
    this.#producer?.learned(characters)
  }

  /** Whether nobody may see what the model expects, since that is what others have written */
  get #isPrivate(): boolean {
    return this.#shared !== undefined && this.#desk.settings.privateEvents
  }

  /** Whether the client, or one who watches, wants to see how it learns */
  #isTraced(): boolean {
    if (this.#isPrivate) return false
    return this.#opening.types.includes('trace') || [...(this.#shared?.watchers ?? [])].some(({ traces }) => traces)
  }

  #trace(stream: TracedStream): void {
    const trace = stream.tracer.take()
    if (trace === undefined) return
    const stats = () => stream.stats()
    if (this.#opening.types.includes('trace')) {
      this.#outgoing.replaceable('trace', () => trace)
      this.#outgoing.replaceable('stats', stats)
    }
    for (const watcher of this.#shared?.watchers ?? []) watcher.traced(trace, stats, this.#name)
  }

  #predict(): void {
    if (this.#isPrivate) return
    this.#tracing.due()
    const prediction = () => this.#stream!.prediction()
    if (this.#opening.types.includes('prediction')) this.#outgoing.replaceable('prediction', prediction)
    for (const watcher of this.#shared?.watchers ?? []) watcher.expected(prediction, this.#name)
  }

  #sample(message: SampleMessage): Work | undefined {
    if (this.#gone) return DONE
    if (this.#shared !== undefined && (!this.#desk.settings.allowSampling || this.#isPrivate)) {
      this.#error('sampling-off', 'a shared model may reveal what others have sent: this server samples private ones only')
      return DONE
    }
    this.#restAfter(message.length + message.prime.length)
    const model = this.#needModel()
    if (model === undefined) return undefined
    this.#desk.figures.samples += 1
    return new SampleWork(model, message, (text) => this.#outgoing.send({ v: 1, type: 'sample', offset: this.#position, text }))
  }

  #judge({ offset, verdict }: VerdictMessage): Work {
    const stream = this.#producer?.stream ?? this.#stream
    this.#restAfter(VERDICT)
    if (this.#shared !== undefined && !this.#desk.settings.verdicts) {
      this.#error('verdicts-off', 'this server takes verdicts on the alerts of a shared model only with --verdicts')
    } else if (stream?.judge({ offset, verdict }) !== true) {
      this.#error('unknown-alert', `none of the last alerts of this stream has the offset ${offset}`)
    } else {
      this.#shared?.judged()
    }
    return DONE
  }

  /** Does no more until as many characters may have come as are asked for */
  #restAfter(characters: number): void {
    const wait = this.#rate?.take(characters) ?? 0
    if (wait === 0) return
    this.#rest = setTimeout(() => {
      this.#rest = undefined
      this.#desk.turns.wake(this)
    }, wait)
  }

  /** A frame was dealt with */
  #finish(): void {
    this.#work = undefined
    this.#settled += this.#length
    const idle = this.#frames.length === 0
    if (this.#opening.protocol === PROTOCOL && this.#shared === undefined && (idle || this.#position - this.#acknowledged > ACKNOWLEDGE)) {
      this.acknowledge(this.#position)
    }
  }

  /** Says how much was dealt with in this turn */
  #settle(): void {
    if (this.#settled === 0) return
    this.#desk.post({ kind: 'settled', id: this.#opening.id, length: this.#settled })
    this.#settled = 0
  }

  #error(code: ErrorCode, message: string): void {
    this.#outgoing.send({ v: 1, type: 'error', offset: this.#position, code, message })
  }

  /** Why that is so is for the log: it has paths of this machine */
  #unavailable(error: unknown): Refusal {
    this.#log('unavailable', 'a model cannot be used', error)
    return new Refusal('unavailable', 'the model cannot be used now; the log of the server says why')
  }

  #log(event: string, message: string, error: unknown): void {
    const { id, name } = this.#opening
    this.#desk.post({
      kind: 'log',
      entry: { level: 'warn', event, message, connection: id, ...(name !== undefined && { model: name }), reason: messageOf(error) },
    })
  }

  /** Ends the connection, at its next turn in this thread */
  #refuse({ code, message }: Refusal): undefined {
    if (this.#over) return
    this.#over = true
    this.#error(code, message)
    this.#desk.post({ kind: 'close', id: this.#opening.id, code: closeCodeOf(code), reason: code })
    this.#desk.turns.wake(this)
  }

  /** Frees what is its own; a producer's stream stays with its model */
  #leave(): false {
    this.#over = true
    this.#tracing.end()
    clearTimeout(this.#rest)
    if (this.#producer === undefined) this.#stream?.end()
    this.#shared?.disconnect(this.#opening.producer, this)
    if (this.#shared === undefined) this.#model?.dispose()
    else void this.#desk.models.leave(this.#opening.name!)
    this.#desk.left(this.#opening.id)
    return false
  }
}
