import { Command, Option } from 'commander'
import { concat, connect, map, merge, type Observable, tap } from 'rxjs'
import { follow } from '../../streams/follow.ts'
import { EVENT_TYPES, type EventType } from '../events.ts'
import { learn } from '../learn.ts'
import type { Chunk } from '../model/decoder.ts'
import { OptionError } from '../model/options.ts'
import { createModel } from '../network/create.ts'
import type { Model } from '../network/model.ts'
import { calibrate, RecentScores } from '../operators/calibrate.ts'
import { LineGatherer, lines } from '../operators/lines.ts'
import { surprise } from '../operators/surprise.ts'
import { type ColorChoice, colorChoice, useColor } from './color.ts'
import type { CommandContext } from './context.ts'
import { input } from './input.ts'
import { Keeper } from './keeper.ts'
import { eventTypes, modelFlags, number, withModelOptions } from './options.ts'
import { finished } from './run.ts'
import { skipCharacters } from './skip.ts'
import { Tally } from './tally.ts'
import { alertsView, heatView, jsonView, type View } from './views.ts'

const HELP = `
Text goes in and passes through unchanged; on a terminal each character's background tells how much it surprised: the darker, the more.
With --json there is one event a line instead.

Examples:
  tail -F app.log | rxrnn                          watch a log on the terminal
  tail -F app.log | rxrnn --only-alerts            only the lines that stand out
  rxrnn --json app.log | jq -r 'select(.alert).text'
  make 2>&1 | rxrnn --fail-on-alert --summary      exit 3 when there was an alert
  rxrnn -f app.log --checkpoint state              goes on where it stopped, also after a crash or a rotation

With --checkpoint everything learned is saved in a folder every few seconds, at the end, and on SIGINT and SIGTERM; the next start goes on from there, to
the bit. With --follow it goes on at the exact character of the file. Standard input cannot be read again: after a crash, what came since the last
checkpoint is lost, unless the caller sends the stream again from its start and says with --resume-offset how much of it is known.
A line printed after the last checkpoint is printed again after a crash, with the same offset.`

interface WatchFlags {
  readonly json?: true
  readonly events: readonly EventType[]
  readonly onlyAlerts?: true
  readonly alertRate: number
  readonly failOnAlert?: true
  readonly summary?: true
  readonly color: ColorChoice
  readonly follow?: true
  readonly checkpoint?: string
  readonly checkpointEvery: number
  readonly resumeOffset?: number
}

export function watchCommand(context: CommandContext): Command {
  return withModelOptions(new Command('watch'))
    .summary('learn from text as it passes through (the default command)')
    .description('Reads standard input, or FILEs one after the other, learns as it reads and shows what surprised it.')
    .argument('[FILE...]', 'the files to read; - is standard input')
    .option('-f, --follow', 'keep reading one FILE as it grows and rotates, like tail -F')
    .option('--checkpoint <DIR>', 'save everything learned in this folder, and go on from there')
    .addOption(new Option('--checkpoint-every <SECONDS>', 'how often to save').argParser(number({ min: 0.01, max: 86400 })).default(10))
    .addOption(
      new Option('--resume-offset <N>', 'leave the first N characters of standard input away: they were learned before').argParser(
        number({ min: 0, max: Number.MAX_SAFE_INTEGER, integer: true }),
      ),
    )
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
  assertTogether(paths, flags)
  const state: WatchState = { tally: new Tally(), gatherer: new LineGatherer(), recent: new RecentScores() }
  const { checkpoint, checkpointEvery } = flags
  const keeping = { every: checkpointEvery, kept: Object.values(state), note: context.note }
  const keeper = checkpoint === undefined ? undefined : await Keeper.open(checkpoint, modelFlags({ ...flags }), keeping)
  const model = keeper?.model ?? createModel(modelFlags({ ...flags }))
  const view = viewOf(flags, model, context)
  const text$ = textOf(paths, flags, model, keeper, context)
  const shown$ = view === undefined ? text$.pipe(tap((chunk) => context.output.write(chunk))) : text$
  // before the stream is unsubscribed, which frees its state
  const saving = context.stop$.subscribe(() => void keeper?.save())
  try {
    await finished(shown$.pipe(learnAndShow(model, flags.alertRate, state, view, keeper)), context)
  } finally {
    saving.unsubscribe()
    await keeper?.close()
  }
  view?.end()
  if (flags.summary === true || (context.terminal && flags.json !== true)) context.note(state.tally.summary(model.optimizer))
  if (flags.failOnAlert === true && state.tally.alerts > 0) context.exitCode ||= 3
}

/** What a watch remembers beside the model and its stream */
interface WatchState {
  readonly tally: Tally
  readonly gatherer: LineGatherer
  readonly recent: RecentScores
}

function assertTogether(paths: readonly string[], { follow, checkpoint, resumeOffset }: WatchFlags): void {
  const fromStdin = paths.length === 0 || (paths.length === 1 && paths[0] === '-')
  if (follow === true && (paths.length !== 1 || fromStdin)) throw new OptionError('follow', 'follow reads one FILE; name it')
  if (checkpoint !== undefined && follow !== true && !fromStdin) {
    throw new OptionError('checkpoint', 'checkpoint goes with standard input, or with --follow and one FILE')
  }
  if (resumeOffset !== undefined && !fromStdin) throw new OptionError('resumeOffset', 'resumeOffset is for standard input; a file goes on by itself')
}

function textOf(paths: readonly string[], flags: WatchFlags, model: Model, keeper: Keeper | undefined, context: CommandContext): Observable<Chunk> {
  if (flags.follow === true) return followed(paths[0]!, keeper, context)
  const text$ = concat(...(paths.length === 0 ? ['-'] : paths).map((path) => input(path, context.output)))
  const noted$ = text$.pipe(tap((bytes) => keeper?.read(bytes)))
  return flags.resumeOffset === undefined ? noted$ : noted$.pipe(skipCharacters(flags.resumeOffset, model.vocabulary.alphabet))
}

function followed(path: string, keeper: Keeper | undefined, { output, note }: CommandContext): Observable<Chunk> {
  const report = ({ message }: { readonly message: string }) => note(`rxrnn: ${message}`)
  return follow(path, { from: keeper?.position, ready: () => output.ready(), report }).pipe(
    tap(({ bytes, position }) => keeper?.read(bytes, position)),
    map(({ bytes }) => bytes),
  )
}

/** What shows the lines; undefined when the text itself passes through, byte for byte and before it is learned */
function viewOf(flags: WatchFlags, model: Model, context: CommandContext): View | undefined {
  if (flags.json === true) return jsonView(context, model, flags.events, flags.onlyAlerts === true ? 'alerts' : 'all')
  const color = useColor(flags.color, context.terminal, process.env)
  if (color) return heatView(context, model, flags.onlyAlerts === true ? 'alerts' : 'all')
  return flags.onlyAlerts === true ? alertsView(context, model) : undefined
}

function learnAndShow(
  model: Model,
  alertRate: number,
  { tally, gatherer, recent }: WatchState,
  view: View | undefined,
  keeper: Keeper | undefined,
): (text$: Observable<Chunk>) => Observable<unknown> {
  return (text$) =>
    text$.pipe(
      learn(model, { from: keeper?.stream }),
      tap({ next: (segment) => keeper?.learned(segment), complete: () => void keeper?.save() }),
      connect((learned$) => {
        const lines$ = learned$.pipe(
          surprise(),
          lines({ gatherer }),
          calibrate({ alertRate, recent }),
          tap((line) => {
            tally.add(line)
            view?.line(line)
          }),
        )
        return view?.also === undefined ? lines$ : merge(lines$, view.also(learned$, tally))
      }),
    )
}
