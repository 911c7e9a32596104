/** Where a piece of text ends that starts here, or FAILS when it does not; OPEN when more text has to come to know */
export type Piece = (text: string, at: number) => number

export const FAILS = -1
export const OPEN = -2

/** A form of clock, and what stands around it that is no part of it */
export interface Clock {
  readonly before: Piece
  readonly clock: Piece
  readonly after: Piece
}

// ---------------------------------------------------------------- pieces

/** One character that fits; of those beyond ASCII all do or none */
function one(fits: RegExp): Piece {
  const table = Array.from({ length: 129 }, (_, code) => fits.test(String.fromCharCode(code)))
  return (text, at) => (at >= text.length ? OPEN : table[Math.min(text.charCodeAt(at), 128)]! ? at + 1 : FAILS)
}

/** Pieces one after the other; a text stands for itself */
function all(...pieces: readonly (Piece | string)[]): Piece {
  const parsed = pieces.map((piece) => (typeof piece === 'string' ? literal(piece) : piece))
  return (text, start) => {
    let at = start
    for (const piece of parsed) {
      at = piece(text, at)
      if (at < 0) return at
    }
    return at
  }
}

function literal(word: string): Piece {
  return (text, at) => {
    for (let i = 0; i < word.length; i++) {
      if (at + i >= text.length) return OPEN
      if (text.charCodeAt(at + i) !== word.charCodeAt(i)) return FAILS
    }
    return at + word.length
  }
}

/** The first piece that fits */
function either(...pieces: readonly (Piece | string)[]): Piece {
  const parsed = pieces.map((piece) => (typeof piece === 'string' ? literal(piece) : piece))
  return (text, at) => {
    for (const piece of parsed) {
      const end = piece(text, at)
      if (end !== FAILS) return end
    }
    return FAILS
  }
}

function optional(...pieces: readonly (Piece | string)[]): Piece {
  return either(all(...pieces), nothing)
}

/** As many as there are, from `min` to `max` */
function times(min: number, max: number, piece: Piece): Piece {
  return (text, start) => {
    let at = start
    for (let count = 0; count < max; count++) {
      const end = piece(text, at)
      if (end === OPEN) return OPEN
      if (end === FAILS) return count < min ? FAILS : at
      at = end
    }
    return at
  }
}

/** What comes next fits, and is no part of it */
function ahead(piece: Piece): Piece {
  return (text, at) => Math.min(piece(text, at), at)
}

const nothing: Piece = (_text, at) => at

// ---------------------------------------------------------------- dates and times, named as strptime does

const digit = one(/\d/)
const digits = (min: number, max = min): Piece => times(min, max, digit)
const Y = all(either('19', '20'), digits(2))
const y = digits(2)
const m = either(all('0', one(/[1-9]/)), all('1', one(/[0-2]/)))
const d = either(all('0', one(/[1-9]/)), all(one(/[12]/), digit), all('3', one(/[01]/)))
const H = either(all(one(/[01]/), digit), all('2', one(/[0-3]/)))
const M = all(one(/[0-5]/), digit)
const S = either(M, '60')
/** A day or a month, or an hour, with or without its zero */
const day = either(d, one(/[1-9]/))
const hour = either(H, digit)
const spaces = times(1, 2, one(/ /))
const b = either('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec')
const a = all(either('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'), optional(','), spaces)
/** A comma may also separate columns, so what follows it is of a second only where three digits end with another sign */
const fraction = either(all('.', digits(1, 9)), all(',', digits(3), ahead(one(/[^\w.,\r\n]|Z/))))
const ampm = optional(optional(' '), one(/[AaPp]/), one(/[Mm]/))
const zone = optional(either('Z', all(optional(' '), one(/[+-]/), H, optional(':'), either('00', '15', '30', '45')), all(one(/[+-]/), H)))
const T = all(hour, ':', M, ':', S, optional(fraction), ampm)
const TIME = either(T, all(hour, ':', M, ampm))
const LOOSE_TIME = all(hour, ':', either(M, digit), ':', either(S, digit), optional(one(/[.:]/), digits(1, 3)))
const YEAR_FIRST = either(...['-', '/', '.'].map((sign) => all(Y, sign, m, sign, d)))
const YEAR_LAST = either(...['-', '/', '.'].map((sign) => all(day, sign, day, sign, Y)))
const NAMED = either(
  ...['/', '-', ' '].map((sign) => all(day, sign, b, sign, Y)),
  all(b, spaces, day, optional(','), ' ', Y),
  all(Y, ' ', b, ' ', day),
)
const SHORT = either(...['-', '/', '.'].map((sign) => all(y, sign, y, sign, y)))
const DATE = either(YEAR_FIRST, YEAR_LAST)
const COMPACT = all(Y, m, d)
const EPOCH = all('1', either(digits(18), digits(15), digits(12), all(digits(9), optional('.', digits(1, 9)))))

// ---------------------------------------------------------------- clocks

const WORD_END = ahead(one(/[^0-9A-Za-z]/))
/** Where a number ends that is no part of a path, a version or an address */
const NUMBER_END = ahead(either(one(/[^\w./:-]/), all(one(/[:.]/), one(/\s/))))

function clock(form: Piece, { before = nothing, after = WORD_END }: { readonly before?: Piece; readonly after?: Piece } = {}): Clock {
  return { before, clock: form, after }
}

const KEY = all(
  optional(one(/["']/)),
  either('@timestamp', 'timestamp', 'timeMillis', 'time', 'ts', 'datetime', 'date', 'epochSecond', 'epoch', '__REALTIME_TIMESTAMP'),
  optional(one(/["']/)),
  optional(' '),
  one(/[:=]/),
  optional(' '),
  optional(one(/["']/)),
)

/** A date and its time of day, which can be nothing else */
const ANYWHERE: readonly Clock[] = [
  clock(all(YEAR_FIRST, either(...[':', '.', '-', '_'].map((sign) => all(one(/[T _-]/), H, sign, M, sign, S, optional(fraction), zone))))),
  clock(all(optional(a), either(DATE, NAMED), either(', ', '  ', one(/[T _:\t-]/)), TIME, zone)),
  clock(all(SHORT, ' ', T)),
  clock(all(COMPACT, 'T', H, M, optional(S, optional(fraction)), zone)),
  clock(all(COMPACT, one(/[ _-]/), either(LOOSE_TIME, all(H, M, S)))),
  clock(all(a, b, spaces, day, ' ', TIME, optional(optional(' ', times(3, 5, one(/[A-Z]/))), ' ', Y, NUMBER_END))),
  clock(all(b, spaces, day, ' ', TIME)),
  clock(all(optional(a), day, ' ', b, ' ', T)),
  clock(all(m, '-', d, ' ', T)),
  clock(EPOCH, { before: KEY, after: NUMBER_END }),
  clock(EPOCH, { before: literal('audit('), after: ahead(one(/:/)) }),
  clock(all('1', digits(18)), { before: either('start=', 'finish='), after: NUMBER_END }),
  clock(all(times(0, 10, one(/ /)), digits(1, 8), '.', digits(6)), { before: literal('kernel: ['), after: ahead(one(/\]/)) }),
]

// a number alone in its line is what the line says
const EPOCH_END = ahead(one(/[^\w./:\n\r-]/))
const BRACKETS = { before: literal('['), after: ahead(one(/\]/)) }

/** What is a clock only where a line starts */
const AT_START: readonly Clock[] = [
  clock(all(EPOCH, optional(' ', DATE, NUMBER_END)), { before: optional('- '), after: EPOCH_END }),
  clock(all(either(DATE, NAMED), times(1, 3, one(/[ \t|,;-]/)), T, zone)),
  clock(either(DATE, NAMED), { after: NUMBER_END }),
  clock(all(T, optional(either('Z', all(one(/[+-]/), H, optional(':'), M)))), { after: NUMBER_END }),
  clock(T, { before: KEY, after: ahead(one(/["']/)) }),
  clock(all(hour, ':', M, optional(' '), one(/[AaPp]/), one(/[Mm]/))),
  clock(all(either(COMPACT, all(y, m, d)), ' ', either(all(H, M, S), T, all(' ', T)))),
  clock(all(COMPACT, H, M, S, optional(fraction)), { after: NUMBER_END }),
  clock(all(m, one(/[./]/), d, ' ', T)),
  clock(all(m, d, ' ', T), { before: one(/[IWEFD]/) }),
  clock(all(hour, ':', M), BRACKETS),
  clock(all(times(0, 10, one(/ /)), digits(1, 8), '.', digits(6)), BRACKETS),
  clock(all(times(1, 10, one(/ /)), digits(1, 8), '.', digits(3)), BRACKETS),
]

/** Of each character of ASCII, the clocks that can start with it */
export const CLOCKS: readonly (readonly Clock[])[] = byFirst(ANYWHERE)
export const CLOCKS_OF_LINE: readonly (readonly Clock[])[] = byFirst([...ANYWHERE, ...AT_START])

function byFirst(clocks: readonly Clock[]): readonly (readonly Clock[])[] {
  return Array.from({ length: 128 }, (_, code) => clocks.filter(({ before, clock }) => all(before, clock)(String.fromCharCode(code), 0) !== FAILS))
}
