import { type Argument, type Command, Help, Option } from 'commander'
import { EVERYDAY_MODEL_OPTIONS, MODEL_OPTIONS, MORE_MODEL_OPTIONS, NumberOption } from './options.ts'

const EXAMPLES = 'Examples:'
// longer lines are hard to read
const WIDEST = 120

/** How wide a help is on this terminal, or in a pipe */
export function helpWidth({ isTTY, columns }: { readonly isTTY: boolean; readonly columns: number }): number {
  return isTTY ? Math.min(columns, WIDEST) : 80
}

/** What a help says beside its arguments and options */
interface HelpText {
  readonly text: string
  /** Options of the command that runs when none is named, to be shown along */
  readonly everyday: readonly string[]
}

const TEXTS = new WeakMap<Command, HelpText>()

/** Gives a command its help: examples, which come first, and what comes after the options */
export function withHelp(command: Command, text: string, everyday: readonly string[] = []): Command {
  TEXTS.set(command, { text, everyday })
  return command
}

/** What was given to a command */
export function helpBlocks(command: Command): readonly Block[] {
  return blocksOf(TEXTS.get(command)?.text ?? '')
}

/** What commander's help is like here: examples first, what a value may be in brackets, the options of a model at the end, and only those of every day */
export const helpStyle: Partial<Help> = {
  formatHelp(command, helper) {
    const [usage = '', description = '', ...lists] = Help.prototype.formatHelp.call(helper, command, helper).trimEnd().split('\n\n')
    const blocks = helpBlocks(command)
    const at = blocks.findIndex(({ lines: [heading] }) => heading === EXAMPLES)
    const [examples, others] = at === -1 ? [[], blocks] : [blocks.slice(at, at + 2), blocks.toSpliced(at, 2)]
    const everyday = everydayOptions(command, helper)
    const hasMore = command.options.some(({ helpGroupHeading }) => helpGroupHeading === MODEL_OPTIONS)
    const parts = [usage, description, printed(examples, helper), everyday, ...lists, hasMore ? MORE_MODEL_OPTIONS : '', printed(others, helper)]
    return `${parts.filter((part) => part !== '').join('\n\n')}\n`
  },
  optionDescription,
  argumentDescription: ({ description }) => description,
  subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
  groupItems(unsorted, visible, groupOf) {
    const groups = new Help().groupItems(unsorted, visible, groupOf)
    const ofModel = groups.get(MODEL_OPTIONS)
    groups.delete(MODEL_OPTIONS)
    const everyday = ofModel?.filter((option) => option instanceof Option && EVERYDAY_MODEL_OPTIONS.includes(option.long ?? ''))
    return everyday === undefined ? groups : groups.set(MODEL_OPTIONS, everyday)
  },
  // of the options that are shown
  longestOptionTermLength: (command, helper) =>
    Math.max(...Array.from(groupsOf(command, helper).values()).flatMap((options) => options.map((option) => helper.optionTerm(option).length))),
}

/** The options that a help shows, by their headings */
export function groupsOf(
  command: Command,
  helper: Help,
  options: readonly Option[] = helper.visibleOptions(command),
): ReadonlyMap<string, readonly Option[]> {
  return helper.groupItems([...options], [...options], ({ helpGroupHeading }) => helpGroupHeading ?? 'Options:')
}

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

function optionDescription(option: Option): string {
  const facts = [...(option.argChoices === undefined ? [] : [option.argChoices.join(', ')]), ...rangeOf(option), ...defaultOf(option)]
  return facts.length === 0 ? option.description : `${option.description} (${facts.join('; ')})`
}

function rangeOf(option: Option): readonly string[] {
  if (!(option instanceof NumberOption)) return []
  const { min, max } = option.range
  return [max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${short(min)} to ${short(max)}`]
}

/** 1e9 is easier to read than 1000000000, and 1000 than 1e3 */
function short(number: number): string {
  const exponential = number.toExponential().replace('e+', 'e')
  return exponential.length + 2 < String(number).length ? exponential : String(number)
}

function defaultOf({ defaultValue, defaultValueDescription }: Option): readonly string[] {
  const value: unknown = defaultValue
  const isNone = value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  return isNone && defaultValueDescription === undefined
    ? []
    : [`default: ${defaultValueDescription ?? (typeof value === 'string' ? value : JSON.stringify(value))}`]
}

/** A part of the text after the options. Indented lines are items; a line of up to three words and a colon is a heading. */
export interface Block {
  readonly kind: 'heading' | 'prose' | 'items'
  readonly lines: string[]
}

export function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = []
  let before: Block['kind'] | 'blank' = 'blank'
  for (const line of text.trim().split('\n')) {
    const kind = kindOf(line)
    if (kind !== 'blank' && kind === before) blocks.at(-1)?.lines.push(line)
    else if (kind !== 'blank') blocks.push({ kind, lines: [line] })
    before = kind
  }
  return blocks
}

function kindOf(line: string): Block['kind'] | 'blank' {
  if (line === '') return 'blank'
  if (line.startsWith('  ')) return 'items'
  return /^[A-Z]\w*( \w+){0,2}:$/.test(line) ? 'heading' : 'prose'
}

/** What is typed or seen and, after two spaces, what it means */
export function itemOf(line: string): readonly [term: string, about?: string] {
  const [term = '', ...about] = line.trim().split(/ {2,}/)
  return about.length === 0 ? [term] : [term, about.join(' ')]
}

function everydayOptions(command: Command, helper: Help): string {
  const names = TEXTS.get(command)?.everyday ?? []
  const options = names.flatMap((name) => command.commands[0]?.options.filter(({ long }) => long === name) ?? [])
  const width = Math.max(...options.map((option) => helper.optionTerm(option).length))
  const items = options.map((option) => helper.formatItem(helper.optionTerm(option), width, helper.optionDescription(option), helper))
  return items.length === 0 ? '' : [helper.styleTitle('Everyday options:'), ...items].join('\n')
}

/** Blocks as they fit into the width of a help */
function printed(blocks: readonly Block[], helper: Help): string {
  return blocks.map((block, i) => `${i === 0 || block.kind === 'items' ? '' : '\n'}${formatted(block, helper)}`).join('\n')
}

function formatted({ kind, lines }: Block, helper: Help): string {
  const { helpWidth = 80 } = helper
  if (kind === 'heading') return helper.styleTitle(lines.join(' '))
  if (kind === 'prose') return helper.boxWrap(lines.join(' '), helpWidth)
  const items = lines.map(itemOf)
  const termWidth = Math.max(...items.map(([term, about]) => (about === undefined ? 0 : term.length)))
  const inColumns = helpWidth - termWidth - 4 >= helper.minWidthToWrap
  return items
    .map(([term, about = '']) => {
      if (about === '' || inColumns) return helper.formatItem(term, termWidth, about, helper)
      return `  ${term}\n${helper.boxWrap(about, helpWidth - 6).replace(/^/gm, '      ')}`
    })
    .join('\n')
}
