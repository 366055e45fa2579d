/** Sizes that both ends of a wire must agree on. Each says why it is that size. */

/** One MQTT publish. 500 events of about 130 bytes of data each fit; a device that needs more splits. */
export const maxMqttPayloadBytes = 64 * 1024;
/** A desired document with 8 slots and every option written out stays under 4 KiB; Azure and AWS allow 32 and 8. */
export const maxTwinBytes = 16 * 1024;
/** Deeper documents are refused before anything walks them. */
export const maxTwinDepth = 6;
/** One upstream batch: bounded work per transaction at the centre, about 200 KiB before compression. */
export const maxUpstreamEvents = 500;
/**
 * The forwarder waits this long for a batch to fill: a tap is at the centre before the pupil has found their seat, and a school at seven o'clock sends a few
 * batches a second. A centre with many sites that is busy asks them to wait longer (`retryAfterMs` of the receipt).
 */
export const upstreamLingerMs = 100;
/** After decompression; 500 events of the largest kind. A body that claims more is refused before it is unpacked. */
export const maxUpstreamBytes = 8 * 1024 * 1024;
/** A question is answered or given up. A child waits in front of the reader. */
export const requestTimeoutMs = 5_000;
/** A receipt is printed in three seconds; a slow serial printer needs half a minute. Longer nobody waits. */
export const receiptTimeoutMs = 35_000;
/** Serial slots of one agent: what a small USB hub carries. */
export const maxSlots = 8;
/** One line of the local link between kiosk and agent. */
export const maxLocalLineBytes = 64 * 1024;
/** The centre answers a long poll at the latest after this time, so that proxies do not cut it. */
export const longPollMs = 25_000;
/** Cards of one site: the largest school of the city has about 5,000 pupils. */
export const maxSiteCards = 20_000;
