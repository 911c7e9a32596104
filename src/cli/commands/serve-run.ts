import pino from 'pino'
import { concatMap, partition } from 'rxjs'
import type { Address } from '../../../streams/websocket/websocket-server.ts'
import { createModel } from '../../network/create.ts'
import type { CommandContext } from '../context.ts'
import { FAILED } from '../failure.ts'
import { modelFlags } from '../flags/options.ts'
import { finished } from '../run.ts'
import { KnownModels } from '../../server/known-models.ts'
import { assertSafe, isInTheClear } from '../../server/access.ts'
import type { ServiceOptions } from '../../server/service-options.ts'
import { logOutput } from '../../server/log-output.ts'
import { Service } from '../../server/service.ts'

// the exit code of who is stopped by SIGHUP
const HANGUP = 129

/** Serves until it is stopped */
export async function serve(flags: ServiceOptions, context: CommandContext): Promise<void> {
  assertSafe(flags)
  const model = { preset: 'small', ...modelFlags({ ...flags }) } as const
  createModel(model).dispose()
  const log = pino({ level: flags.logLevel, base: null }, logOutput())
  if (isInTheClear(flags))
    log.warn({ event: 'in-the-clear' }, 'other machines can read what clients send: give --tls-cert and --tls-key, or put a proxy with TLS in front')
  const service = new Service(flags, model, await KnownModels.open(flags.models, flags.maxModels), log)
  const listening = (address: Address) => {
    const page = urlOf('http', flags, address)
    log.info({ event: 'listening', page }, `listening on ${urlOf('ws', flags, address)}v1/learn`)
    // a person need not find it among the JSON of the log
    if (process.stderr.isTTY) context.note(`the page is at ${page}`)
  }
  const isReload = (code: number) => code === HANGUP && service.reloads
  const [reload$, stop$] = partition(context.stop$, isReload)
  const drained$ = stop$.pipe(concatMap(async (code) => ((await service.drain()) ? code : FAILED)))
  const reloading = reload$.subscribe(() => service.reload())
  await finished(service.run(listening), context, drained$)
  reloading.unsubscribe()
  await service.closed
}

function urlOf(scheme: 'ws' | 'http', { tlsCert }: ServiceOptions, { host, port }: Address): string {
  return `${scheme}${tlsCert === undefined ? '' : 's'}://${host.includes(':') ? `[${host}]` : host}:${port}/`
}
