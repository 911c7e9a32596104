import { RemoteLearner } from '../../streams/websocket.ts'
import type { Preset } from '../model/options.ts'
import { LocalLearner } from './local-learner.ts'
import type { Source } from './source.ts'

/** A learner that can be chosen */
export interface Choice {
  readonly label: string
  /** Below /v1/ on the server; undefined for a learner in the page */
  readonly path: string | undefined
}

const NAMED = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** What can be chosen, the most particular last: `?learn=NAME` and `?watch=NAME` name a shared model of the server */
export async function choices(): Promise<readonly Choice[]> {
  const inPage: Choice = { label: 'in this page', path: undefined }
  if (!(await isServed())) return [inPage]
  const query = new URLSearchParams(location.search)
  const named = (['learn', 'watch'] as const).flatMap((mode) => {
    const name = query.get(mode) ?? ''
    return NAMED.test(name) ? [{ label: mode === 'learn' ? `server: ${name}` : `watch ${name}`, path: `${mode}/${name}` }] : []
  })
  return [inPage, { label: 'server, private', path: 'learn' }, ...named]
}

/** Whether `rxrnn serve` has sent the page */
async function isServed(): Promise<boolean> {
  try {
    const response = await fetch('/readyz')
    return (await response.text()) === 'ready\n'
  } catch {
    return false
  }
}

export interface OpenOptions {
  readonly preset: Preset
  /** Told of each connection that was lost, and after how many milliseconds it is tried again */
  readonly lost: (reason: string, delay: number) => void
}

export function open({ path }: Choice, { preset, lost }: OpenOptions): Source {
  if (path === undefined) return new LocalLearner({ preset })
  const url = new URL(`/v1/${path}`, location.href)
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  url.hash = ''
  url.search = `events=line,stats,trace&producer=page-${crypto.randomUUID().slice(0, 8)}`
  return new RemoteLearner(url.href, { token: tokenOf(location.hash), lost })
}

/** What a server that asks for a token is given: it stands behind the # of the address, which no server ever sees */
function tokenOf(hash: string): string | undefined {
  return new URLSearchParams(hash.slice(1)).get('token') ?? undefined
}
