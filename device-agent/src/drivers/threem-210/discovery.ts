import { type Discovery, eightN1, type Recognised } from '../discovery.ts';
import { decode, versionOf, versionRequest } from './codec.ts';

/** The two models cannot be told apart by their version: the person looks under the pad. */
export const discovery: Discovery = { serial: [{ serial: eightN1(19_200), ask: versionRequest, withinMs: 800, recognise }] };

function recognise(heard: Uint8Array): Recognised | undefined {
  const version = decode(heard)
    .frames.map(versionOf)
    .find((each) => each !== undefined);
  return version === undefined ? undefined : { evidence: { vi: `cho biết phiên bản ${version}`, en: `tells its version ${version}` } };
}
