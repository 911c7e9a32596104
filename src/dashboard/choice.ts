import { NAME } from '../../streams/websocket/protocol.ts'
import { RemoteLearner } from '../../streams/websocket/websocket.ts'
import { PRESET_NAMES, type Preset } from '../network/options.ts'
import { LocalLearner } from './local-learner.ts'
import { RemoteStepper } from './remote-stepper.ts'
import type { Network } from './session.ts'
import type { Source } from './source.ts'

/** A learner that can be chosen */
export interface Choice {
  readonly kind: 'page' | 'private' | 'learn' | 'watch'
  readonly label: string
  /** Below /v1/ on the server; undefined for a learner in the page */
  readonly path: string | undefined
  /** What it can be, the first unless another one is chosen; none where others have decided that */
  readonly presets: readonly Network[]
  /** Whether it writes samples */
  readonly writes: boolean
  /** Whether it learns what a person says of alerts */
  readonly judges: boolean
}

/** What `rxrnn serve` says that it has */
interface Offer {
  readonly models: readonly string[]
  readonly presets: readonly Preset[]
  readonly sampling: boolean
  /** Whether those who write to a shared model may say what is useful */
  readonly verdicts: boolean
}

const NOTHING: Offer = { models: [], presets: [], sampling: false, verdicts: false }
const UNAUTHORIZED = 401
// characters that are under way to a private learner, which learns them also when it is held; a shared one reports only what it has saved, which is seldom
const AHEAD = 8192
const IN_PAGE: Choice = { kind: 'page', label: 'in this page', path: undefined, presets: [...PRESET_NAMES, 'notebook'], writes: true, judges: true }

export interface Choices {
  readonly all: readonly Choice[]
  /** The one that the address asks for: `?learn=NAME` and `?watch=NAME` name a shared model of the server */
  readonly first: Choice
}

/** What can be chosen: a learner in the page and, where a server has sent it, its learners */
export async function choices(): Promise<Choices> {
  const offer = await offered()
  if (offer === undefined) return { all: [IN_PAGE], first: IN_PAGE }
  const choiceOf = (kind: 'learn' | 'watch', name: string) => sharedChoice(kind, name, offer)
  const asked = askedFor(choiceOf)
  const isAsked = ({ path }: Choice) => path === asked?.path
  const own: Choice = { kind: 'private', label: 'on the server, private', path: 'learn', presets: offer.presets, writes: true, judges: true }
  const shared = offer.models.flatMap((name) => [choiceOf('watch', name), choiceOf('learn', name)])
  const more = asked === undefined || shared.some(isAsked) ? [] : [asked]
  const all = [IN_PAGE, own, ...shared, ...more]
  return { all, first: asked === undefined ? IN_PAGE : all.find(isAsked)! }
}

function askedFor(choiceOf: (kind: 'learn' | 'watch', name: string) => Choice): Choice | undefined {
  const query = new URLSearchParams(location.search)
  for (const kind of ['watch', 'learn'] as const) {
    const name = query.get(kind)
    if (name !== null && NAME.test(name)) return choiceOf(kind, name)
  }
  return undefined
}

function sharedChoice(kind: 'learn' | 'watch', name: string, { sampling, verdicts }: Offer): Choice {
  const label = kind === 'learn' ? `write to ${name}` : `watch ${name}`
  return { kind, label, path: `${kind}/${name}`, presets: [], writes: kind === 'learn' && sampling, judges: kind === 'learn' && verdicts }
}

/** What the server has; undefined where there is none */
async function offered(): Promise<Offer | undefined> {
  const token = tokenOf(location.hash)
  try {
    const response = await fetch('/v1/models', token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
    if (response.status === UNAUTHORIZED) return NOTHING
    const { models = [], presets, sampling = false, verdicts = false }: Partial<Offer> = await response.json()
    return presets === undefined ? undefined : { models, presets, sampling, verdicts }
  } catch {
    return undefined
  }
}

export interface OpenOptions {
  readonly preset: Network | undefined
  /** Told of each connection that was made */
  readonly connected: () => void
  /** Told of each connection that was lost, and after how many milliseconds it is tried again */
  readonly lost: (reason: string, delay: number) => void
}

export function open({ kind, path }: Choice, { preset, ...told }: OpenOptions): Source {
  if (path === undefined) return new LocalLearner(preset ?? 'default')
  const url = new URL(`/v1/${path}`, location.href)
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  url.hash = ''
  url.search = new URLSearchParams({
    events: 'alert,stats,trace',
    producer: `page-${crypto.randomUUID().slice(0, 8)}`,
    ...(kind === 'private' && preset !== undefined && { preset }),
  }).toString()
  const options = { ...told, token: tokenOf(location.hash) }
  if (kind === 'watch') return new RemoteLearner(url.href, options)
  return new RemoteStepper(url.href, kind === 'private' ? { ...options, buffer: AHEAD } : options)
}

/** What a server that asks for a token is given: it stands behind the # of the address, which no server ever sees */
function tokenOf(hash: string): string | undefined {
  return new URLSearchParams(hash.slice(1)).get('token') ?? undefined
}
