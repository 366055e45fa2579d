/** What a client of tag reports says to a reader. LLRP 1.0.1, clause numbers in the docstrings. */
import { encode, messageTypes, parameter, u16, u32 } from './codec.ts';

/** LLRP 1.0.1: readers of 1.1 understand it without negotiation. */
const version = 1;

const nothing = new Uint8Array();

/** 9.1.1. `what` 0 everything, 1 general. */
export function getCapabilities(id: number, what: number): Uint8Array {
  return encode({ version, type: messageTypes.getCapabilities, id, body: Uint8Array.of(what) });
}

/** 12.1.3, with KeepaliveSpec 12.2.4: nothing is reset, the reader says every `keepaliveMs` that it lives. */
export function setKeepalive(id: number, keepaliveMs: number): Uint8Array {
  const spec = parameter(220, [keepaliveMs === 0 ? 0 : 1], u32(keepaliveMs));
  return encode({ version, type: messageTypes.setConfig, id, body: Uint8Array.of(0, ...spec) });
}

/** 11.1.3; 0 names all access specs. */
export function deleteAccessSpecs(id: number): Uint8Array {
  return encode({ version, type: messageTypes.deleteAccessSpec, id, body: Uint8Array.from(u32(0)) });
}

/** 10.1.2; 0 names all. */
export function deleteRoSpecs(id: number): Uint8Array {
  return encode({ version, type: messageTypes.deleteRoSpec, id, body: Uint8Array.from(u32(0)) });
}

/** 10.1.5. */
export function enableRoSpec(id: number, roSpecId: number): Uint8Array {
  return encode({ version, type: messageTypes.enableRoSpec, id, body: Uint8Array.from(u32(roSpecId)) });
}

/** 12.1.11. */
export function keepaliveAck(id: number): Uint8Array {
  return encode({ version, type: messageTypes.keepaliveAck, id, body: nothing });
}

/** 12.1.8. */
export function closeConnection(id: number): Uint8Array {
  return encode({ version, type: messageTypes.closeConnection, id, body: nothing });
}

export type RoSpec = {
  roSpecId: number;
  /** Empty list is no antenna, [0] is all of them. */
  antennas: readonly number[];
  /** Of EPC Gen2: tags that were read stay silent for a moment in 1, for longer in 2 and 3. */
  session: 0 | 1 | 2 | 3;
  population: number;
  /** Stops by itself after so long; 0 runs until it is deleted. */
  durationMs: number;
  /** A report after so many tags; 0 at the end of each antenna spec. */
  reportEvery: number;
  /** Which fields a report carries, 13.2.1.1.1: 0x1000 antenna, 0x0400 signal, ... */
  content: number;
  /** Left to the reader when absent: what is allowed differs by country and reader. */
  transmitter?: { hopTable: number; channel: number; power: number };
};

/** 10.1.1: one spec that starts as soon as it is enabled. */
export function addRoSpec(id: number, spec: RoSpec): Uint8Array {
  const { roSpecId, antennas, session, population, durationMs, reportEvery, content, transmitter } = spec;
  const timed = durationMs === 0 ? 0 : 1;
  const boundary = parameter(178, parameter(179, [1]), parameter(182, [timed], u32(durationMs)));
  const inventory = parameter(330, [0], parameter(336, [session << 6], u16(population), u32(0)));
  const transmit =
    transmitter === undefined ? nothing : parameter(224, u16(transmitter.hopTable), u16(transmitter.channel), u16(transmitter.power));
  const antennaSettings = parameter(222, u16(transmitter === undefined ? 0 : 1), transmit, inventory);
  const inventorySpec = parameter(186, u16(1), [1], antennaSettings);
  const stop = parameter(184, [timed], u32(durationMs));
  const antennaSpec = parameter(183, u16(antennas.length), antennas.flatMap(u16), stop, inventorySpec);
  const report = parameter(237, [1], u16(reportEvery), parameter(238, u16(content), parameter(348, [0])));
  const body = parameter(177, u32(roSpecId), [0, 0], boundary, antennaSpec, report);
  return encode({ version, type: messageTypes.addRoSpec, id, body });
}
