/** What the status page says of third-party gateways: their devices, and what gives no readings and why. Pure. */
import { quantities } from '@tramhoc/protocol/sensor';
import type { GatewayView } from '../gateways/gateway-door.ts';
import type { StatusWords } from './messages.vi.ts';
import { table, tag, text } from './page-parts.ts';
import type { At, StatusLanguage } from './status-page.ts';

export function gatewaySections(gateways: readonly GatewayView[], page: { language: StatusLanguage; say: StatusWords; at: At }): string {
  return gateways.map((gateway) => gatewaySection(gateway, page)).join('\n');
}

function gatewaySection(
  { name, adapter, connections, devices, oddities }: GatewayView,
  { language, say, at }: { language: StatusLanguage; say: StatusWords; at: At },
): string {
  const rows = devices.map(({ name: device, slot, model, online, heardMs, quantities: measured }) => {
    const labels = measured.map((quantity) => quantities[quantity].label[language]).join(', ');
    return [
      `<code>${text(device)}</code> ${text(model ?? '')}`,
      `<code>${text(slot)}</code>`,
      tag(online, online ? say.online : say.offline),
      text(labels),
      at(heardMs),
    ];
  });
  const sensors =
    rows.length === 0 ? `<p class="note">${say.noSensors}</p>` : table([say.sensor, say.slot, say.state, say.measures, say.heard], rows);
  const odd = oddities.map(({ sensor, why, unit, times }) => [
    `<code>${text(sensor)}</code>`,
    `${say.unsupported[why]}${unit === undefined ? '' : ` <code>${text(unit)}</code>`}`,
    String(times),
  ]);
  const list = odd.length === 0 ? '' : `<p class="note">${say.notReported}</p>${table([say.sensor, say.reason, say.times], odd)}`;
  const head = `${say.gateway} ${text(name)} (${text(adapter)})`;
  return `<section class="wide"><h2>${head} ${tag(connections > 0, `${say.connections}: ${connections}`)}</h2>${sensors}${list}</section>`;
}
