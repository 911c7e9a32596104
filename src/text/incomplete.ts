/** How many bytes at the end are the start of a UTF-8 sequence that may still be completed: what a decoder of the Encoding standard holds back */
export function incompleteTail(bytes: Uint8Array): number {
  // Stryker disable next-line MethodExpression: nothing of four bytes may go on
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const start = bytes.length - back
    if (!isContinuation(bytes[start]!)) return mayGoOn(bytes.subarray(start)) ? back : 0
  }
  return 0
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0
}

/** All bytes but the first are continuations; the second may have to be in a narrower range, against overlong forms, surrogates and what is beyond Unicode */
function mayGoOn(bytes: Uint8Array): boolean {
  const [lead = 0, second = 0x80] = bytes
  if (bytes.length >= lengthOf(lead)) return false
  if (bytes.length === 1) return true
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  return second >= lowest && second <= highest
}

function lengthOf(lead: number): number {
  if (lead >= 0xc2 && lead < 0xe0) return 2
  if (lead >= 0xe0 && lead < 0xf0) return 3
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 1
}

/** The characters that start in bytes of UTF-8 */
export function charactersInUtf8(bytes: Uint8Array): number {
  let count = 0
  for (const byte of bytes) if (!isContinuation(byte)) count += 1
  return count
}
