import pino from 'pino'
import { concatMap } from 'rxjs'
import type { Address } from '../../../streams/websocket-server.ts'
import { createModel } from '../../network/create.ts'
import type { CommandContext } from '../context.ts'
import { modelFlags } from '../options.ts'
import { finished } from '../run.ts'
import { assertSafe, isInTheClear } from './access.ts'
import type { ServeFlags } from './flags.ts'
import { Service } from './service.ts'

/** Serves until it is stopped */
export async function serve(flags: ServeFlags, context: CommandContext): Promise<void> {
  assertSafe(flags)
  const model = { preset: 'small', ...modelFlags({ ...flags }) } as const
  createModel(model).dispose()
  const log = pino({ level: flags.logLevel, base: null }, pino.destination({ dest: 2, sync: true }))
  if (isInTheClear(flags)) log.warn('other machines can read what clients send: give --tls-cert and --tls-key, or put a proxy with TLS in front')
  const service = new Service(flags, model, log)
  const listening = (address: Address) => log.info(`listening on ${urlOf(flags, address)}`)
  const drained$ = context.stop$.pipe(concatMap((code) => service.drain().then(() => code)))
  await finished(service.run(listening), context, drained$)
  await service.closed
}

function urlOf({ tlsCert }: ServeFlags, { host, port }: Address): string {
  return `${tlsCert === undefined ? 'ws' : 'wss'}://${host.includes(':') ? `[${host}]` : host}:${port}/v1/learn`
}
