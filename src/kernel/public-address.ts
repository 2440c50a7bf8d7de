import ipaddr from 'ipaddr.js'

/** Public by its number, but answered by the cloud that a machine runs in. */
const CLOUD_ADDRESSES = new Set(['168.63.129.16'])

/** Whether an IP address is one of the public internet: not of this machine, a private network or a cloud's metadata. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false
  // An IPv4 address within an IPv6 one is the IPv4 one.
  const address = ipaddr.process(text)
  return address.range() === 'unicast' && !CLOUD_ADDRESSES.has(address.toString())
}
