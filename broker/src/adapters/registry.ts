/** Every kind of third-party MQTT gadget that the broker understands: one import and one line each. */
import type { AnyAdapter } from './adapter.ts';
import { esphome } from './esphome/adapter.ts';
import { homeAssistantDiscovery } from './home-assistant-discovery/adapter.ts';
import { shellyGen2 } from './shelly-gen2/adapter.ts';
import { tasmota } from './tasmota/adapter.ts';
import { zigbee2mqtt } from './zigbee2mqtt/adapter.ts';

export const adapters: readonly AnyAdapter[] = [tasmota, zigbee2mqtt, shellyGen2, esphome, homeAssistantDiscovery];

export function adapterOf(kind: string): AnyAdapter | undefined {
  return adapters.find((adapter) => adapter.kind === kind);
}
