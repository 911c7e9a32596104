import { NAME } from '../../streams/websocket/protocol.ts'

/** What a path leads to; `name` is undefined for a private learner */
export interface Route {
  readonly mode: 'learn' | 'watch'
  readonly name: string | undefined
}

/** The route of a path of a WebSocket; undefined where there is none. Nothing is decoded, so that no name can leave its folder. */
export function routeOf(path: string): Route | undefined {
  if (path === '/v1/learn') return { mode: 'learn', name: undefined }
  const [, mode, name = ''] = /^\/v1\/(learn|watch)\/(.*)$/.exec(path) ?? []
  if ((mode !== 'learn' && mode !== 'watch') || !NAME.test(name)) return undefined
  return { mode, name }
}
