/** Payloads of gadgets as text, JSON and numbers. Tolerant where makers differ, never throwing. Pure. */

/** Undefined: no UTF-8. */
export function textOf(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch {
    return undefined;
  }
}

/** Undefined: no JSON. */
export function jsonOf(payload: Uint8Array): unknown {
  const text = textOf(payload);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

export function objectOf(payload: Uint8Array): JsonObject | undefined {
  return asObject(jsonOf(payload));
}

/** What stands under `key` itself; never what every object has (`constructor`). */
export function own(object: JsonObject | undefined, key: string): unknown {
  return object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
}

export function ownText(object: JsonObject | undefined, key: string): string | undefined {
  const value = own(object, key);
  return typeof value === 'string' ? value : undefined;
}

/**
 * A number, or a text that is one: older Tasmota and Zigbee2MQTT send texts, ESPHome nothing else. `nan`, `unavailable`, `unknown`, `None`, `null`, an
 * empty text and anything else are no values.
 */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.length > 32) return undefined;
  const text = value.trim();
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined;
}
