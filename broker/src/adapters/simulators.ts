/** Every simulated gadget: one import and one line each. */
import { esphomeSimulator } from './esphome/simulator.ts';
import { homeAssistantSimulator } from './home-assistant-discovery/simulator.ts';
import { shellyGen2Simulator } from './shelly-gen2/simulator.ts';
import type { GadgetSimulator } from './simulator.ts';
import { tasmotaSimulator } from './tasmota/simulator.ts';
import { zigbee2mqttSimulator } from './zigbee2mqtt/simulator.ts';

export const simulators: readonly GadgetSimulator[] = [
  tasmotaSimulator,
  zigbee2mqttSimulator,
  shellyGen2Simulator,
  esphomeSimulator,
  homeAssistantSimulator,
];
