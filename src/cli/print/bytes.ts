import type { ScoredText } from '../../alerts/ledger.ts'

/** Bytes read as UTF-8: a character surprises as much as the byte of it that surprises most; what is not UTF-8 becomes U+FFFD */
export function charactersOfBytes({ characters: bytes, surprise }: ScoredText): ScoredText {
  const characters: number[] = []
  const bits: number[] = []
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let pending = 0
  const add = (text: string) => {
    for (const character of text) {
      characters.push(character.codePointAt(0)!)
      bits.push(pending)
      pending = 0
    }
  }
  for (let i = 0; i < bytes.length; i++) {
    pending = Math.max(pending, surprise[i]!)
    add(decoder.decode(Uint8Array.of(bytes[i]!), { stream: true }))
  }
  add(decoder.decode())
  return { characters, surprise: bits }
}
