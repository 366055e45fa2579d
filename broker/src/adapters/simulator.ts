/** The contract of the simulated gadgets: what they publish, as data; gateways/simulate.ts carries it over a real connection. */

export type SimulatedMessage = { topic: string; payload: string; retain?: boolean };
/** What is measured around the gadget, in our units. */
export type SimulatedAir = {
  temperatureC: number;
  humidityPct: number;
  co2: number;
  pm25: number;
  pm10: number;
  powerW: number;
  energyKWh: number;
};

export type GadgetSimulator = {
  kind: string;
  /** Client id and last will, as the firmware makes them of its name. */
  session(name: string): { clientId: string; will: SimulatedMessage };
  /** After connecting. */
  announce(name: string): SimulatedMessage[];
  /** One round of values. */
  round(name: string, air: SimulatedAir): SimulatedMessage[];
};

export const usualAir: SimulatedAir = {
  temperatureC: 28.4,
  humidityPct: 71,
  co2: 812,
  pm25: 18,
  pm10: 31,
  powerW: 46.5,
  energyKWh: 12.345,
};
