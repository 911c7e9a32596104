import { concatMap, defer, type OperatorFunction } from 'rxjs'
import { type Chunk, Decoder } from '../model/decoder.ts'
import type { Alphabet } from '../model/vocabulary.ts'

/** Leaves the first `count` characters of a stream away (bytes with the alphabet `bytes`) */
export function skipCharacters(count: number, alphabet: Alphabet): OperatorFunction<Uint8Array, Chunk> {
  return (source) =>
    defer(() => {
      const decoder = new Decoder(alphabet)
      let left = count
      return source.pipe(
        concatMap((bytes): readonly Chunk[] => {
          const characters = decoder.push(bytes)
          const rest = characters.subarray(Math.min(left, characters.length))
          left -= characters.length - rest.length
          if (rest.length === 0) return []
          return [alphabet === 'bytes' ? Uint8Array.from(rest) : textOf(rest)]
        }),
      )
    })
}

function textOf(characters: Int32Array): string {
  let text = ''
  for (const character of characters) text += String.fromCodePoint(character)
  return text
}
