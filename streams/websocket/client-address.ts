import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv6 } from 'node:net'

/** The proxies that are trusted: addresses, or ranges such as 10.0.0.0/8. Throws RangeError for others. */
export function trusting(ranges: readonly string[]): BlockList {
  const trusted = new BlockList()
  for (const range of ranges) {
    const [, address = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(range) ?? []
    const version = isIP(address)
    const longest = version === 4 ? 32 : 128
    if (version === 0 || Number(length ?? longest) > longest) throw new RangeError(`${range} is neither an address nor a range such as 10.0.0.0/8`)
    trusted.addSubnet(address, Number(length ?? longest), version === 4 ? 'ipv4' : 'ipv6')
  }
  return trusted
}

export function isTrusted(trusted: BlockList, address: string): boolean {
  return isIP(address) !== 0 && trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** The address of the client: that of the peer, or what the trusted proxies before it say in X-Forwarded-For. A header of anybody else counts for nothing. */
export function clientAddress({ socket, headers }: IncomingMessage, trusted: BlockList): string {
  let address = plainAddress(socket.remoteAddress ?? '')
  for (const hop of [headers['x-forwarded-for'] ?? ''].flat().join(',').split(',').toReversed()) {
    const before = plainAddress(hop.trim())
    if (!isTrusted(trusted, address) || isIP(before) === 0) return address
    address = before
  }
  return address
}

/** What counts as one address: of IPv6 the first 64 bits, which one machine has to itself */
export function networkOf(address: string): string {
  const plain = plainAddress(address)
  return isIPv6(plain) ? `${groupsOf(plain).slice(0, 4).join(':')}::/64` : plain
}

/** An IPv4 address that is written as IPv6 is IPv4 */
function plainAddress(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
}

/** The eight groups of an IPv6 address */
function groupsOf(address: string): readonly string[] {
  const { hostname } = new URL(`http://[${address.split('%')[0]}]`)
  const [head = '', tail] = hostname.slice(1, -1).split('::')
  const missing = 8 - partsOf(head).length - partsOf(tail).length
  return [...partsOf(head), ...Array.from({ length: missing }, () => '0'), ...partsOf(tail)]
}

function partsOf(groups: string = ''): readonly string[] {
  return groups === '' ? [] : groups.split(':')
}
