import { Command, Option } from 'commander'
import { concat, connect, merge, type Observable, tap } from 'rxjs'
import { EVENT_TYPES, type EventType } from '../events.ts'
import { learn } from '../learn.ts'
import type { Chunk } from '../model/decoder.ts'
import { createModel } from '../network/create.ts'
import type { Model } from '../network/model.ts'
import { calibrate } from '../operators/calibrate.ts'
import { lines } from '../operators/lines.ts'
import { surprise } from '../operators/surprise.ts'
import { type ColorChoice, colorChoice, useColor } from './color.ts'
import type { CommandContext } from './context.ts'
import { input } from './input.ts'
import { eventTypes, modelFlags, number, withModelOptions } from './options.ts'
import { finished } from './run.ts'
import { Tally } from './tally.ts'
import { alertsView, heatView, jsonView, type View } from './views.ts'

const HELP = `
Text goes in and passes through unchanged; on a terminal each character's background tells how much it surprised: the darker, the more.
With --json there is one event a line instead.

Examples:
  tail -F app.log | rxrnn                          watch a log on the terminal
  tail -F app.log | rxrnn --only-alerts            only the lines that stand out
  rxrnn --json app.log | jq -r 'select(.alert).text'
  make 2>&1 | rxrnn --fail-on-alert --summary      exit 3 when there was an alert`

interface WatchFlags {
  readonly json?: true
  readonly events: readonly EventType[]
  readonly onlyAlerts?: true
  readonly alertRate: number
  readonly failOnAlert?: true
  readonly summary?: true
  readonly color: ColorChoice
}

export function watchCommand(context: CommandContext): Command {
  return withModelOptions(new Command('watch'))
    .summary('learn from text as it passes through (the default command)')
    .description('Reads standard input, or FILEs one after the other, learns as it reads and shows what surprised it.')
    .argument('[FILE...]', 'the files to read; - is standard input')
    .option('--json', 'print events as JSON, one a line, instead of the text')
    .addOption(
      new Option('--events <TYPES>', `which events --json prints, of ${EVENT_TYPES.join(',')}`).argParser(eventTypes).default(['line'], 'line'),
    )
    .option('--only-alerts', 'print only the lines that are alerts')
    .addOption(
      new Option('--alert-rate <X>', 'the share of lines to flag, from 0.0001 to 0.5').argParser(number({ min: 0.0001, max: 0.5 })).default(0.01),
    )
    .option('--fail-on-alert', 'exit with 3 when there was an alert')
    .option('--summary', 'say at the end how it went, on standard error (always so on a terminal)')
    .addOption(colorChoice())
    .addHelpText('after', HELP)
    .action((paths: string[], flags: WatchFlags) => watch(paths, flags, context))
}

async function watch(paths: readonly string[], flags: WatchFlags, context: CommandContext): Promise<void> {
  const model = createModel(modelFlags({ ...flags }))
  const tally = new Tally()
  const text$ = concat(...(paths.length === 0 ? ['-'] : paths).map((path) => input(path, context.output)))
  const view = viewOf(flags, model, context)
  const shown$ = view === undefined ? text$.pipe(tap((chunk) => context.output.write(chunk))) : text$
  await finished(shown$.pipe(learnAndShow(model, flags.alertRate, tally, view)), context)
  view?.end()
  if (flags.summary === true || (context.terminal && flags.json !== true)) context.note(tally.summary(model.optimizer))
  if (flags.failOnAlert === true && tally.alerts > 0) context.exitCode ||= 3
}

/** What shows the lines; undefined when the text itself passes through, byte for byte and before it is learned */
function viewOf(flags: WatchFlags, model: Model, context: CommandContext): View | undefined {
  if (flags.json === true) return jsonView(context, model, flags.events, flags.onlyAlerts === true ? 'alerts' : 'all')
  const color = useColor(flags.color, context.terminal, process.env)
  if (color) return heatView(context, model, flags.onlyAlerts === true ? 'alerts' : 'all')
  return flags.onlyAlerts === true ? alertsView(context, model) : undefined
}

function learnAndShow(model: Model, alertRate: number, tally: Tally, view: View | undefined): (text$: Observable<Chunk>) => Observable<unknown> {
  return (text$) =>
    text$.pipe(
      learn(model),
      connect((learned$) => {
        const lines$ = learned$.pipe(
          surprise(),
          lines(),
          calibrate({ alertRate }),
          tap((line) => {
            tally.add(line)
            view?.line(line)
          }),
        )
        return view?.also === undefined ? lines$ : merge(lines$, view.also(learned$, tally))
      }),
    )
}
