/** Topics of ESPHome. Shape and sources: README.md. */

export type EsphomeTopic = { device: string } & ({ kind: 'sensor'; object: string } | { kind: 'status' });

/** `<prefix>/sensor/<object_id>/state` and `<prefix>/status`; the prefix is the node's name, or what `topic_prefix` says (it may have slashes). */
export function readTopic(topic: string): EsphomeTopic | undefined {
  const sensor = /^(.+)\/sensor\/([^/]+)\/state$/.exec(topic);
  if (sensor !== null) return { device: sensor[1]!, kind: 'sensor', object: sensor[2]! };
  const status = /^(.+)\/status$/.exec(topic);
  return status === null ? undefined : { device: status[1]!, kind: 'status' };
}
