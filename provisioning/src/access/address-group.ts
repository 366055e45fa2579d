/** Which addresses may be one sender: each IPv4 address is one, of IPv6 all of a /64, for nobody is given less (RFC 6177, RFC 4291 2.5.4). */
import { isIPv6 } from 'node:net';

export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const groups = (text = ''): string[] => text.split(':').filter((group) => group !== '');
  const [head, tail] = address.split('::');
  const ending = groups(tail);
  // an IPv4 address at the end stands for two groups
  const endingCount = ending.length + (ending.at(-1)?.includes('.') === true ? 1 : 0);
  const known = groups(head);
  const all = tail === undefined ? known : [...known, ...Array<string>(Math.max(0, 8 - known.length - endingCount)).fill('0'), ...ending];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
