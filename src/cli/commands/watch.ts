import { Command, InvalidArgumentError, Option } from 'commander'
import { concat, defer, merge } from 'rxjs'
import { Grader, type GradedLine } from '../../alerts/grader.ts'
import type { AlertVerdict } from '../../alerts/pipeline.ts'
import { EVENT_TYPES, type EventType } from '../../alerts/events.ts'
import { DEFAULT_MASK, MASK_NAMES, type MaskName } from '../../text/mask.ts'
import { messageOf } from '../../text/message-of.ts'
import { OptionError } from '../../text/option-error.ts'
import { createModel } from '../../network/create.ts'
import type { Model } from '../../network/model.ts'
import { type ColorChoice, colorChoice, isCapable, paletteOf, useColor } from '../print/color.ts'
import type { CommandContext } from '../context.ts'
import { withHelp } from '../flags/help.ts'
import { WatchState, loadLearned } from '../state/watch-state.ts'
import type { Kept } from '../state/saved-part.ts'
import { assertReadable, readableOf } from '../input.ts'
import { listOption, modelFlags, NumberOption, repeatable, withModelOptions } from '../flags/options.ts'
import { finished } from '../run.ts'
import { Tally } from '../print/tally.ts'
import { Bottom } from '../print/bottom.ts'
import { heatView } from '../print/heat-view.ts'
import { jsonView, textView, type View, type Which } from '../print/views.ts'
import { Keyboard } from '../terminal/keyboard.ts'
import { Suspension } from '../terminal/suspension.ts'
import { type ThemeChoice, themeChoice, themeOf } from '../terminal/theme.ts'
import { AlertList } from '../watch/alert-list.ts'
import { Hindsight } from '../watch/hindsight.ts'
import { AlertKeys } from '../watch/alert-keys.ts'
import { appendVerdict, judgeBy, readVerdicts } from '../watch/verdict-file.ts'
import { ignorePattern, maskPattern } from '../watch/patterns.ts'
import { type Showing, shown, streamsOf } from '../watch/stream.ts'
import { train } from '../watch/train.ts'

const HELP = `
Examples:
  tail -n 1000 -F app.log | rxrnn                watch a log
  tail -n 1000 -F app.log | rxrnn --only-alerts  only the lines that stand out
  make 2>&1 | rxrnn --fail-on-alert --summary    exit with 3 when a line stands out
  rxrnn -f app.log db.log --checkpoint state     follow files; continue after a stop, a crash or a rotation
  rxrnn --train monday.log --only-alerts tuesday.log
  rxrnn --frozen --checkpoint state new.log      score with what was learned, and change nothing
  rxrnn --json app.log | jq -r 'select(.alert).text'
  rxrnn -f app.log --verdicts ops.ndjson         know what is noise; the keys + and - add to the file

Into a pipe or a file, text passes through unchanged. On a terminal a word has a background when it surprised more than is usual in its place: the more, the stronger. ▶ marks an alert, │ the other lines of the same alert, and the line below says why. At the end the alerts are listed once more.

Keys, on a terminal whose keys are not the text:
  k j     choose an older or a newer alert; the arrow keys do so, too
  + -     lines like it are useful, or noise: they rank higher, or lower, from then on
  u       take back
  ?       show the keys

What is learned:
  characters    all but the escape sequences of terminals, which only pass through; the offsets of events count them
  --follow      each file is a stream of its own, and one model learns them all
  --mask        one character for what differs in every line: the clock at the start of a line, or a date with its time anywhere (@). Others by name: any date or time (timestamps, @), UUIDs (&), IP addresses (%), hexadecimal ($) and other numbers (#). none: nothing is masked
  --mask-pattern  one character for what fits (*), beside those of --mask
  --ignore      nothing of a line that fits
  alerts        what is left of a line that stands out is not learned, unless such lines keep coming; with --learn-all it is
  long lines    are learned whole; where lines are shown, one of more than 64 KiB is cut

--mask waits until it is known what a word or a clock is, --mask-pattern and --ignore for the end of a line; text that passes through into a pipe or a file does not wait.

With --checkpoint everything learned is saved in a folder every few seconds, at the end, and on SIGINT, SIGTERM and SIGHUP; the next start resumes from there, to the bit. With --follow it continues at the exact character of each file. Standard input cannot be read again: after a crash, what came since the last checkpoint is lost. A line printed after the last checkpoint is printed again after a crash, with the same offset. No checkpoint covers what could not be printed.`

const WAITING = [
  'rxrnn waits for text: type or paste some, and end it with Ctrl-D.',
  'To watch a log: tail -n 1000 -F app.log | rxrnn. To read a file: rxrnn app.log. All options: rxrnn --help.',
]

interface WatchFlags {
  readonly follow?: true
  readonly json?: true
  readonly events: readonly EventType[]
  readonly onlyAlerts?: true
  readonly alertRate: number
  readonly severeWords: boolean
  readonly learnAll?: true
  readonly failOnAlert?: true
  readonly explain?: true
  readonly summary?: true
  readonly color: ColorChoice
  readonly theme: ThemeChoice
  readonly keys: boolean
  readonly checkpoint?: string
  readonly checkpointEvery: number
  readonly keep: number
  readonly mask: readonly MaskName[]
  readonly maskPattern: readonly string[]
  readonly ignore: readonly string[]
  readonly train: readonly string[]
  readonly verdicts?: string
  readonly frozen?: true
}

export function watchCommand(context: CommandContext): Command {
  const command = withHelp(new Command('watch'), HELP)
    .summary('learn from text as it passes through (the default)')
    .description('Reads standard input, or FILEs one after the other, learns as it reads and shows what surprised it.')
    .argument('[FILE...]', 'the files to read; - is standard input')
  for (const [group, options] of OPTIONS) for (const option of options()) command.addOption(option.helpGroup(group))
  return withModelOptions(command).action((paths: string[], flags: WatchFlags) => watch(paths, flags, context))
}

const OPTIONS: readonly (readonly [group: string, options: () => readonly Option[]])[] = [
  ['Reading:', readingOptions],
  ['Output:', outputOptions],
  ['Alerts:', alertOptions],
  ['Checkpoints:', checkpointOptions],
]

function readingOptions(): readonly Option[] {
  return [
    new Option('-f, --follow', 'keep reading the FILEs as they grow and rotate, like tail -F'),
    repeatable('--train <FILE>', 'learn this first: what follows is compared with it'),
    maskOption(),
    repeatable('--mask-pattern <REGEX>', 'learn what fits as one character, in the syntax of RE2'),
    repeatable('--ignore <REGEX>', 'learn nothing of lines that fit, in the syntax of RE2'),
    new Option('--frozen', 'only score, with what --checkpoint or --train gave; learn and save nothing'),
  ]
}

function outputOptions(): readonly Option[] {
  return [
    new Option('--json', 'print one JSON event per line instead of the text'),
    listOption('--events <TYPE,...>', 'which events --json prints', EVENT_TYPES).default(['line'], 'line'),
    colorChoice(),
    themeChoice(),
    new Option('--no-keys', 'leave the keys to other programs of the pipe; by default + and - judge alerts on a terminal'),
    new Option('--summary', 'print at the end how it went and list the alerts, on standard error; always so on a terminal'),
  ]
}

function alertOptions(): readonly Option[] {
  return [
    new Option('--only-alerts', 'print only the lines that stand out'),
    new Option('--explain', 'show below each alert what was expected there, and the usual line that is most like it'),
    new NumberOption('--alert-rate <X>', 'the share of lines that may be flagged at most', { min: 0.0001, max: 0.5 }).default(0.01),
    new Option('--no-severe-words', 'do not look for words such as error, failed and denied; by default a rare one counts'),
    new Option('--fail-on-alert', 'exit with 3 when there was an alert'),
    new Option('--learn-all', 'learn also what stands out'),
    new Option('--verdicts <FILE>', 'which lines are useful or noise, one JSON object per line; what the keys say is added'),
  ]
}

function checkpointOptions(): readonly Option[] {
  return [
    new Option('--checkpoint <DIR>', 'save everything learned in this folder, and resume from there; without it nothing is saved'),
    new NumberOption('--checkpoint-every <SECONDS>', 'how often to save', { min: 0.01, max: 86400 }).default(10),
    new NumberOption('--keep <N>', 'how many checkpoints stay in the folder', { min: 1, max: 1000, integer: true }).default(3),
  ]
}

/** Some names, or `none` alone */
function maskOption(): Option {
  const option = listOption('--mask <KIND,...>', 'learn these as one character, whatever they say', [...MASK_NAMES, 'none'])
  const parse = option.parseArg!
  return option.default(DEFAULT_MASK, DEFAULT_MASK.join(',')).argParser((text, before) => {
    if (text !== 'none' && text.split(',').includes('none')) throw new InvalidArgumentError('none stands alone.')
    return text === 'none' ? [] : parse(text, before)
  })
}

async function watch(paths: readonly string[], flags: WatchFlags, context: CommandContext): Promise<void> {
  assertTogether(paths, flags)
  if (isStdin(paths) && context.input.terminal) WAITING.forEach((line) => context.note(line))
  const [ignore, maskRanges] = [await ignorePattern(flags.ignore), await maskPattern(flags.maskPattern)]
  const [tally, hindsight, list] = [new Tally(), new Hindsight(), new AlertList()]
  const verdicts = flags.verdicts === undefined ? [] : readVerdicts(flags.verdicts)
  const { alertRate, severeWords, mask, learnAll = false, frozen = false, explain = false } = flags
  const grader = new Grader({ alertRate, severeWords, explain })
  const { model, keeper } = await modelOf(paths, flags, [tally, grader], context)
  judgeBy(verdicts, grader)
  // before the stream is unsubscribed, which frees its state
  const saving = context.stop$.subscribe({ next: () => void keeper?.save(), error: () => {} })
  let view: View | undefined
  try {
    if (
      isDrawn(flags, context) &&
      isPiped(paths, context) &&
      (await finished(
        defer(() => context.input.begins()),
        context,
      )) === 'stopped'
    )
      return
    view = await viewOf(paths, flags, model, context)
    grader.findsExcess = view?.findsExcess === true
    const watching = { model, grader, options: { mask, maskRanges, ignore, alertRate, learnAll, frozen, keepBytes: view?.keepBytes === true } }
    let files = paths.length === 0 ? ['-'] : paths
    const named = files.length > 1
    if (flags.train.length > 0 && keeper?.resumed !== true) {
      for (const path of flags.train) await assertReadable(path)
      if (flags.follow !== true) files = await readableOf(files, context)
      if (files.length === 0 || (await train(flags.train, watching, context)) === 'stopped') return
    }
    const streams = streamsOf(files, { follow: flags.follow === true, named }, watching, keeper, context)
    const together = flags.follow === true ? merge : concat
    await finished(together(...streams.map((stream) => shown(stream, { tally, hindsight, list, view, keeper, context }))), context)
  } finally {
    saving.unsubscribe()
    await keeper?.close()
    view?.end()
  }
  if (keeper?.failing === true) context.exitCode ||= 1
  conclude({ tally, hindsight, list }, flags, model, context)
  if (keeper?.failing === false && isSummarized(flags, context)) context.note(`saved in ${flags.checkpoint}; the same command continues from there`)
}

const isSummarized = ({ summary, json }: WatchFlags, { terminal }: CommandContext) => summary === true || (terminal && json !== true)

/** Prints the summary when asked for, and lists the alerts unless nothing else was printed; for a log shorter than the warm-up, also what stood out */
function conclude(
  { tally, hindsight, list }: Pick<Showing, 'tally' | 'hindsight' | 'list'>,
  flags: WatchFlags,
  model: Model,
  context: CommandContext,
): void {
  const isShort = (tally.warmUp ?? 0) > 0
  const { failOnAlert, onlyAlerts } = flags
  const summarizes = isSummarized(flags, context)
  if (summarizes || failOnAlert === true || onlyAlerts === true) {
    for (const line of hindsight.report(isShort)) context.note(line)
    if (summarizes && onlyAlerts !== true) for (const line of list.report()) context.note(line)
    if (summarizes) context.note(tally.summary(model.optimizer))
    else if (isShort) context.note(`rxrnn: ${tally.verdict}`)
  }
  if (failOnAlert !== true) return
  if (isShort && hindsight.alert) context.note('rxrnn: a line with a severe word stood out, which is an alert in hindsight')
  if (tally.alerts > 0 || (isShort && hindsight.alert)) context.exitCode ||= 3
}

const isStdin = (paths: readonly string[]) => paths.length === 0 || (paths.length === 1 && paths[0] === '-')

function assertTogether(paths: readonly string[], { follow, checkpoint, frozen, train }: WatchFlags): void {
  const rules: readonly (readonly [wrong: boolean, option: string, message: string])[] = [
    [follow === true && (paths.length === 0 || paths.includes('-')), 'follow', 'follow reads FILEs; name them'],
    [new Set(paths).size < paths.length && follow === true, 'follow', 'follow reads each FILE once; name it once'],
    [
      checkpoint !== undefined && follow !== true && frozen !== true && !isStdin(paths),
      'checkpoint',
      'checkpoint on a FILE resumes where the file was left, which --follow does: add -f, or pipe the file in',
    ],
    [frozen === true && checkpoint === undefined && train.length === 0, 'frozen', 'frozen needs something learned: give --checkpoint or --train'],
    [train.includes('-') && isStdin(paths), 'train', 'train is standard input, and so is the text; name a FILE for one of them'],
  ]
  for (const [wrong, option, message] of rules) if (wrong) throw new OptionError(option, message)
}

/** The model that was saved, or a new one; and what saves it, unless it is frozen */
async function modelOf(
  paths: readonly string[],
  flags: WatchFlags,
  kept: readonly Kept[],
  { output, note }: CommandContext,
): Promise<{ readonly model: Model; readonly keeper?: WatchState }> {
  const { checkpoint, checkpointEvery: every, keep, follow, frozen } = flags
  const given = modelFlags({ ...flags })
  if (checkpoint === undefined) return { model: createModel(given) }
  if (frozen === true) return { model: await loadLearned(checkpoint, given, { kept, note }) }
  const keeper = await WatchState.open(checkpoint, given, {
    every,
    keep,
    paths: follow === true ? paths : ['-'],
    kept,
    written: () => output.flushed(),
    note,
  })
  return { model: keeper.model, keeper }
}

/** What shows the lines; undefined when the text itself passes through, byte for byte and before it is learned */
async function viewOf(paths: readonly string[], flags: WatchFlags, model: Model, context: CommandContext): Promise<View | undefined> {
  const which = flags.onlyAlerts === true ? 'alerts' : 'all'
  if (flags.json === true) return jsonView(context, model, flags.events, which)
  if (useColor(flags.color, context.terminal, context.environment)) return colouredView(flags, paths, model, which, context)
  const several = flags.follow === true && paths.length > 1
  return which === 'alerts' || several || flags.explain === true ? textView(context, which) : undefined
}

/** Whether the terminal is drawn on: then it is asked for its background, and for keys */
function isDrawn({ color, json }: WatchFlags, { terminal, environment }: CommandContext): boolean {
  return json !== true && terminal && isCapable(environment) && useColor(color, terminal, environment)
}

/** The programs before it in a pipe may ask for a password: the terminal is theirs until they write */
function isPiped(paths: readonly string[], { input }: CommandContext): boolean {
  return isStdin(paths) && !input.terminal
}

async function colouredView(flags: WatchFlags, paths: readonly string[], model: Model, which: Which, context: CommandContext): Promise<View> {
  const suspension = isDrawn(flags, context) ? new Suspension() : undefined
  // keys may be the text, or those of another program
  const areOthers = !flags.keys || (isStdin(paths) && context.input.terminal)
  const needsKeyboard = suspension !== undefined && (flags.theme === 'auto' || !areOthers)
  const keyboard = needsKeyboard ? Keyboard.open(suspension) : undefined
  const palette = paletteOf(await themeOf(flags.theme, keyboard, context.environment), context.environment)
  if (areOthers) keyboard?.close()
  const keys = new AlertKeys((line, verdict) => keep(line, verdict, flags, context))
  const masksTime = flags.mask.includes('clock') || flags.mask.includes('timestamps')
  const judging = keyboard === undefined || areOthers ? undefined : { keys, keyboard }
  return heatView(context, model, { which, palette, bottom: suspension && new Bottom(context.output, { suspension, masksTime, judging }) })
}

/** Adds what the keys said to the file of verdicts */
function keep({ text, grade }: GradedLine, verdict: AlertVerdict['verdict'], { verdicts }: WatchFlags, { note }: CommandContext): void {
  if (verdicts === undefined) return
  try {
    appendVerdict(verdicts, { verdict, text, ...(grade !== undefined && { score: grade.score }) })
  } catch (error) {
    note(`rxrnn: ${messageOf(error)}`)
  }
}
