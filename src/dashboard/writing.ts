import { filter, fromEvent, map, type Observable } from 'rxjs'

// UTF-16 units that a box may hold before it is emptied
const LONGEST = 4000

/**
 * What is typed or pasted into a box, as a stream, which only goes forward: of each change, what is new in the text from where it differs from the text
 * before.
 */
export function typed(box: HTMLTextAreaElement): Observable<string> {
  let before = box.value
  return fromEvent<InputEvent>(box, 'input').pipe(
    filter(({ isComposing }) => !isComposing),
    map(() => {
      const added = addition(before, box.value)
      if (box.value.length > LONGEST) box.value = ''
      before = box.value
      return added
    }),
    filter((added) => added !== ''),
  )
}

/** What stands in `after` between the start and the end that it has in common with `before` */
export function addition(before: string, after: string): string {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before[start] === after[start]) start += 1
  let end = 0
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  return after.slice(start, after.length - end)
}

/** The pieces of a file as text, each when the learner has room for it */
export async function* pieces(file: Blob, ready: () => Promise<void> | undefined): AsyncGenerator<string> {
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
      await ready()
    }
  } finally {
    await reader.cancel()
  }
}
