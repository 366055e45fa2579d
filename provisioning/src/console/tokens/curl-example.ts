/** A command line that works when pasted into a shell. */
export function curlExample({ origin, secret }: { origin: string; secret: string }): string {
  return `curl -H 'Authorization: Bearer ${secret}' '${origin}/api/events?limit=5'`;
}
