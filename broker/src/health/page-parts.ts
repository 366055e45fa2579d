/** Small pieces of HTML. What comes from outside goes through `text`. Pure. */
export const text = (raw: string): string => raw.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
export const tag = (good: boolean, label: string): string => `<span class="tag ${good ? 'good' : 'bad'}">${label}</span>`;
