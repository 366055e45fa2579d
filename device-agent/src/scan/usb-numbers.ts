/** What the USB numbers of a device say about its kind. */
import type { ScanPort } from '@tramhoc/protocol/scan';
import type { Discovery, UsbDevice } from '../drivers/discovery.ts';
import type { AnyDriverDefinition } from '../drivers/driver.ts';

export type UsbKnown = Required<Pick<ScanPort, 'kind' | 'evidence' | 'config'>>;

/** A product that is named goes before a maker of which only the number is known. */
export function knownByUsb(
  numbers: { vendorId?: number; productId?: number },
  definitions: readonly AnyDriverDefinition[],
  listOf: (discovery: Discovery) => readonly UsbDevice[] | undefined,
): UsbKnown | undefined {
  const { vendorId, productId } = numbers;
  if (vendorId === undefined || productId === undefined) return undefined;
  const fitting = definitions.flatMap(({ kind, discovery }) =>
    (discovery === undefined ? [] : (listOf(discovery) ?? []))
      .filter((device) => device.vendorId === vendorId && (device.productId ?? productId) === productId)
      .map((device) => ({ kind, device })),
  );
  const best = fitting.find(({ device }) => device.productId !== undefined) ?? fitting[0];
  if (best === undefined) return undefined;
  const { kind, device } = best;
  return { kind, evidence: `USB ${usbId({ vendorId, productId })}: ${device.what}`, config: { ...device.config } };
}

/** As lsusb writes it. */
export function usbId({ vendorId, productId }: { vendorId: number; productId: number }): string {
  const hex = (value: number): string => value.toString(16).padStart(4, '0');
  return `${hex(vendorId)}:${hex(productId)}`;
}
