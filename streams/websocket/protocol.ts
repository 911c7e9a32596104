import { isHighSurrogate, isLowSurrogate } from '../../src/text/unicode.ts'
import * as v from 'valibot'

/*
 * What travels over a WebSocket under the subprotocol `rxrnn.v1`: JSON objects in text frames. docs/reference/protocol.md describes it.
 */

/** The subprotocol that a client asks for to be told what is safe, and to continue there after a reconnect */
export const PROTOCOL = 'rxrnn.v1'

/** A token as a subprotocol, for browsers, which cannot set headers: this and the token in base64url */
export const TOKEN_PROTOCOL = 'rxrnn.token.'

/** Names of models and of producers */
export const NAME: RegExp = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** Characters that a client may ask a sample of */
export const LONGEST_SAMPLE = 10_000

// characters of an error about a message
const LONGEST_ECHO = 200

export type ClientMessage = TextMessage | SampleMessage | VerdictMessage

/** Characters of the stream, the first of which has that offset */
export interface TextMessage {
  readonly type: 'text'
  readonly offset: number
  readonly text: string
}

export interface SampleMessage {
  readonly type: 'sample'
  readonly length: number
  readonly temperature: number
  readonly seed: number
  readonly prime: string
}

/** What a person says of the alert whose event has that offset; `none` takes it back */
export interface VerdictMessage {
  readonly type: 'verdict'
  readonly offset: number
  readonly verdict: 'useful' | 'noise' | 'none'
}

/** The messages of a server that a client acts on; others are events */
export type ServerMessage =
  | { readonly type: 'hello'; readonly offset: number; readonly durable: boolean }
  | { readonly type: 'ack'; readonly offset: number }
  | { readonly type: 'alive' }

/** A client's message, or what is wrong with it */
export function parseClientMessage(json: string): ClientMessage | string {
  let message: unknown
  try {
    message = JSON.parse(json)
  } catch {
    return 'a message is one JSON object in a text frame'
  }
  const { success, output, issues } = v.safeParse(clientMessage, message)
  if (success) return output
  const [issue] = issues
  // of what the client sent, no more than that comes back to it
  return `${v.getDotPath(issue) ?? 'the message'}: ${issue.message}`.slice(0, LONGEST_ECHO)
}

/** A server's message that a client acts on; undefined for others */
export function asServerMessage(event: unknown): ServerMessage | undefined {
  const { success, output } = v.safeParse(serverMessage, event)
  return success ? output : undefined
}

/** Why a server refuses a message or a connection */
export type ErrorCode =
  | 'bad-message'
  | 'gap'
  | 'read-only'
  | 'sampling-off'
  | 'verdicts-off'
  | 'unknown-alert'
  | 'replaced'
  | 'too-many-producers'
  | 'unavailable'
  | 'internal'

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const wholeCharacters = v.pipe(
  v.string(),
  v.check(
    (text) => !isLowSurrogate(text.charCodeAt(0)) && !isHighSurrogate(text.charCodeAt(text.length - 1)),
    'It must not begin or end within a character.',
  ),
)

const clientMessage = v.variant('type', [
  v.strictObject({ type: v.literal('text'), offset: natural, text: wholeCharacters }),
  v.strictObject({
    type: v.literal('sample'),
    length: v.optional(v.pipe(natural, v.maxValue(LONGEST_SAMPLE)), 200),
    temperature: v.optional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(100)), 1),
    seed: v.optional(v.pipe(natural, v.maxValue(2 ** 32 - 1)), 1),
    prime: v.optional(v.pipe(wholeCharacters, v.maxLength(LONGEST_SAMPLE)), ''),
  }),
  v.strictObject({ type: v.literal('verdict'), offset: natural, verdict: v.picklist(['useful', 'noise', 'none']) }),
])

const serverMessage = v.variant('type', [
  v.object({ type: v.literal('hello'), offset: natural, durable: v.boolean() }),
  v.object({ type: v.literal('ack'), offset: natural }),
  v.object({ type: v.literal('alive') }),
])
