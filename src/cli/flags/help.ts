import { type AddHelpTextContext, type Argument, type Command, Help, Option } from 'commander'
import { EVERYDAY_MODEL_OPTIONS, MODEL_OPTIONS, NumberOption } from './options.ts'

// longer lines are hard to read
const WIDEST = 120

/** How wide a help is on this terminal, or in a pipe */
export function helpWidth({ isTTY, columns }: { readonly isTTY: boolean; readonly columns: number }): number {
  return isTTY ? Math.min(columns, WIDEST) : 80
}

/** What commander's help is like here: what a value may be in brackets, the options of a model at the end, and only those of every day */
export const helpStyle: Partial<Help> = {
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
  return isNone ? [] : [`default: ${defaultValueDescription ?? (typeof value === 'string' ? value : JSON.stringify(value))}`]
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

/** Text for addHelpText('after', ...) that fits into the width of the help */
export function afterHelp(text: string): (context: AddHelpTextContext) => string {
  return ({ command }) => {
    const helper = helperOf(command)
    return blocksOf(text)
      .map((block, i) => `${block.kind === 'items' && i > 0 ? '' : '\n'}${formatted(block, helper)}`)
      .join('\n')
  }
}

function helperOf(command: Command): Help & { readonly helpWidth: number } {
  const helpWidth = command.configureOutput().getOutHelpWidth?.() ?? 80
  return Object.assign(command.createHelp(), { helpWidth })
}

function formatted({ kind, lines }: Block, helper: ReturnType<typeof helperOf>): string {
  if (kind === 'heading') return helper.styleTitle(lines.join(' '))
  if (kind === 'prose') return helper.boxWrap(lines.join(' '), helper.helpWidth)
  const items = lines.map(itemOf)
  const termWidth = Math.max(...items.map(([term, about]) => (about === undefined ? 0 : term.length)))
  const inColumns = helper.helpWidth - termWidth - 4 >= helper.minWidthToWrap
  return items
    .map(([term, about = '']) => {
      if (about === '' || inColumns) return helper.formatItem(term, termWidth, about, helper)
      return `  ${term}\n${helper.boxWrap(about, helper.helpWidth - 6).replace(/^/gm, '      ')}`
    })
    .join('\n')
}
