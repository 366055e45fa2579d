/** What the status page says of third-party gateways: their devices, and what gives no readings and why. Pure. */
import { quantities } from '@tramhoc/protocol/sensor';
import type { GatewayView } from '../gateways/gateway-door.ts';
import type { StatusWords } from './messages.vi.ts';
import { tag, text } from './page-parts.ts';
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
    return `<tr><td><code>${text(device)}</code> ${text(model ?? '')}</td><td><code>${text(slot)}</code></td><td>${tag(online, online ? say.online : say.offline)}</td><td>${text(labels)}</td><td>${at(heardMs)}</td></tr>`;
  });
  const table =
    rows.length === 0
      ? `<p class="note">${say.noSensors}</p>`
      : `<table><tr><th>${say.sensor}</th><th>${say.slot}</th><th>${say.state}</th><th>${say.measures}</th><th>${say.heard}</th></tr>${rows.join('')}</table>`;
  const odd = oddities.map(
    ({ sensor, why, unit, times }) =>
      `<tr><td><code>${text(sensor)}</code></td><td>${say.unsupported[why]}${unit === undefined ? '' : ` <code>${text(unit)}</code>`}</td><td>${times}</td></tr>`,
  );
  const list =
    odd.length === 0
      ? ''
      : `<p class="note">${say.notReported}</p><table><tr><th>${say.sensor}</th><th>${say.reason}</th><th>${say.times}</th></tr>${odd.join('')}</table>`;
  const head = `${say.gateway} ${text(name)} (${text(adapter)})`;
  return `<section class="wide"><h2>${head} ${tag(connections > 0, `${say.connections}: ${connections}`)}</h2>${table}${list}</section>`;
}
