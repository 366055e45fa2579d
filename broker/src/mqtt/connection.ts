/**
 * One connection of a client, from CONNECT to its end: packets are taken in their order, a few at a time, and answered in their order. Nothing is
 * decided here of who may do what (MqttRules) and nothing is kept (SessionBook). Source: MQTT 3.1.1, 3 and 4.
 */
import type { Clock, Timer } from '@tramhoc/base/clock';
import type { Log } from '@tramhoc/base/log';
import type { GoneHow, MqttRules } from '../mqtt-rules.ts';
import type { Inbound } from '../sessions/inbound.ts';
import type { Line } from '../sessions/session.ts';
import type { SessionBook } from '../sessions/session-book.ts';
import { createAnswers } from './answers.ts';
import { createSessionTalk, type OpenSession } from './open-session.ts';
import { type ByteSocket, createOutgoing } from './outgoing.ts';
import { type PacketFault, types } from './packet-check.ts';
import { createPacketReader, type Packet } from './packet-reader.ts';
import { type ConnectFields, decodeConnect, encodeConnack, encodePublish, encodePubrel } from './packets.ts';

export type LineFault = PacketFault | { reason: 'slow-reader' };

/** What the connections of one server share. */
export type ServerParts<Peer> = {
  rules: MqttRules<Peer>;
  book: SessionBook<Peer>;
  inbound: Inbound<Peer>;
  clock: Clock;
  log: Log;
  /** Client id -> the connection that runs under it. */
  running: Map<string, ClientConnection>;
  connectTimeoutMs: number;
};
export type ConnectionOptions = {
  /** Called once at most; the connection is over then. */
  onFault(fault: LineFault): void;
  onGone(self: ClientConnection): void;
  /** How long the client may take nothing while there is something for it. */
  patienceMs?: number;
  /** Of one message; asked for each packet. */
  maxPayloadBytes?: () => number;
};
export type ClientConnection = {
  /** Another one runs under this id now. */
  takeOver(): void;
  /** Writes what waits and ends it. */
  end(): void;
};

/** Packets of one client in one turn of the loop: about a millisecond of work. */
const packetsAtOnce = 64;
/** Return code of CONNACK: server unavailable. */
const unavailable = 3;

/** Takes over the socket. */
export function serveConnection<Peer>(
  socket: ByteSocket,
  peer: Peer,
  parts: ServerParts<Peer>,
  options: ConnectionOptions,
): ClientConnection {
  const { clock, log, running } = parts;
  const { onFault } = options;
  const reader = createPacketReader(options.maxPayloadBytes);
  const patience = options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs };
  const out = createOutgoing(socket, { clock, onStuck: () => onFault({ reason: 'slow-reader' }), ...patience });
  const line: Line = {
    publish: (packet) => out.write(encodePublish(packet)),
    release: (messageId) => out.write(encodePubrel(messageId)),
    waitingBytes: out.waitingBytes,
    cut: () => destroy('cut'),
  };
  let clientId = '';
  let isOpening = false;
  /** From CONNACK on. */
  let client: OpenSession<Peer> | undefined;
  /** DISCONNECT has come. */
  let polite = false;
  let replaced = false;
  /** Nothing of the client is taken any more. */
  let over = false;
  let gone = false;
  let endSeen = false;
  /** The socket is closed; what it brought before its end may still be in hand. */
  let lineGone = false;
  let scheduled = false;
  let heardMs = clock.monotonicMs();
  let alive: Timer | undefined;
  const impatience = clock.after(parts.connectTimeoutMs, () => client ?? destroy('CONNECT did not come in time'), { background: true });

  const destroy = (why: string): void => {
    if (!over) log.debug({ clientId, why }, 'connection ended');
    over = true;
    out.destroy();
  };
  const end = (): void => {
    over = true;
    out.end();
  };
  const refuse = (returnCode: number): void => {
    out.write(encodeConnack(returnCode, { sessionPresent: false }));
    end();
  };
  const answers = createAnswers({ write: out.write, onRoom: () => scheduled || goOn() });
  const talk = createSessionTalk<Peer>({
    ...{ ...parts, answers, write: out.write, end: destroy },
    fail: (clause) => fail({ reason: 'malformed', clause }),
  });
  const isBlocked = (): boolean => isOpening || answers.isFull();

  const connect = async (packet: Packet): Promise<void> => {
    isOpening = true;
    const asked = decodeConnect(packet);
    const { clean, keepAliveS, will, userName, password } = asked;
    if (parts.rules.signIn !== undefined) {
      const signedIn = await parts.rules.signIn(peer, { userName, password }).then(
        () => true,
        () => false,
      );
      if (!signedIn) refuse(unavailable);
      if (over) return;
    }
    const verdict = parts.rules.connect(peer, { clientId: asked.clientId, clean, keepAliveS, willTopic: will?.topic });
    if (!verdict.allowed) {
      refuse(verdict.returnCode);
      return;
    }
    clientId = verdict.clientId;
    try {
      const opened = await openSession(parts, peer, { ...asked, clientId, ownerName: verdict.owner ?? clientId });
      isOpening = false;
      if (over) forget(parts, opened);
      else arrive(opened, keepAliveS);
    } catch {
      // its session is nobody's now: whoever was here under this id comes again
      running.get(clientId)?.end();
      refuse(unavailable);
    }
  };
  const arrive = ({ sender, present }: Opened<Peer>, keepAliveS: number): void => {
    const before = running.get(clientId);
    running.set(clientId, self);
    client = sender;
    impatience.cancel();
    parts.rules.arrived(peer);
    before?.takeOver();
    watchKeepAlive(keepAliveS * 1_500);
    out.write(encodeConnack(0, { sessionPresent: present }));
    if (parts.book.attach(sender.session, line)) goOn();
    else destroy('the session is another one by now');
  };
  /** One and a half times the keep-alive without a packet [MQTT-3.1.2-24]; 0: never. While we do not read, the silence is ours. */
  const watchKeepAlive = (limitMs: number, nextMs = limitMs): void => {
    if (limitMs === 0) return;
    const look = (): void => {
      const silentMs = isBlocked() ? 0 : clock.monotonicMs() - heardMs;
      if (silentMs >= limitMs) destroy('keep-alive');
      else watchKeepAlive(limitMs, limitMs - silentMs);
    };
    alive = clock.after(nextMs, look, { background: true });
  };

  const take = (packet: Packet): void => {
    if (packet.type === types.connect) void connect(packet);
    else if (packet.type === types.disconnect) polite = true;
    else if (client !== undefined) talk(client, packet);
  };
  const fail = (fault: PacketFault): void => {
    onFault(fault);
    if (fault.answer === undefined) destroy(fault.clause);
    else refuse(fault.answer);
  };
  /** Takes the packets that are there, as many as may be. */
  const goOn = (): void => {
    scheduled = false;
    let taken = 0;
    let isDrained = false;
    while (!over && !isBlocked() && !isDrained && taken < packetsAtOnce) {
      const packet = reader.next();
      if (packet === undefined) isDrained = true;
      else {
        taken += 1;
        take(packet);
      }
    }
    if (taken > 0) heardMs = clock.monotonicMs();
    if (!over && isDrained && reader.fault !== undefined) fail(reader.fault);
    if (!over && taken === packetsAtOnce && !isBlocked()) {
      // others first
      scheduled = true;
      setImmediate(goOn);
    }
    // what is under way is answered before the end
    if (!over && answers.isEmpty() && (polite || (isDrained && endSeen))) end();
    if (!over && isDrained === socket.isPaused()) isDrained ? socket.resume() : socket.pause();
    if (over && lineGone) closed();
  };

  const closed = (): void => {
    if (gone) return;
    gone = true;
    over = true;
    impatience.cancel();
    alive?.cancel();
    if (running.get(clientId) === self) running.delete(clientId);
    if (client !== undefined) leave(parts, client, { line, how: polite ? 'closed' : replaced ? 'taken-over' : 'lost' });
    options.onGone(self);
  };
  const self: ClientConnection = {
    takeOver() {
      replaced = true;
      destroy('taken over');
      closed();
    },
    end: () => over || end(),
  };

  socket.on('data', (chunk: Buffer) => {
    if (over) return;
    reader.push(chunk);
    if (scheduled || isBlocked()) socket.pause();
    else goOn();
  });
  socket.once('error', () => destroy('the line failed'));
  // what arrived before the end is still read: a QoS 0 publish may be followed by the end at once
  socket.once('end', () => {
    endSeen = true;
    if (!scheduled) goOn();
  });
  socket.once('close', () => {
    lineGone = true;
    if (over || !endSeen) closed();
    else if (!scheduled) goOn();
  });
  return self;
}

type Opened<Peer> = { sender: OpenSession<Peer>; present: boolean };

/** The session of a client, and its will, on disk where they are kept. */
async function openSession<Peer>(
  { rules, book }: ServerParts<Peer>,
  peer: Peer,
  { clientId, clean, will, ownerName }: ConnectFields & { ownerName: string },
): Promise<Opened<Peer>> {
  const kept = !clean && rules.absent !== undefined;
  const { session, present } = await book.open({ clientId, kept, owner: peer, ownerName });
  try {
    if (will !== undefined) await book.keepWill(clientId, will);
  } catch (cause) {
    book.detach(session, undefined);
    throw cause;
  }
  return { sender: { peer, session, will }, present };
}

/** The client had gone before it was let in. */
function forget<Peer>({ book }: ServerParts<Peer>, { sender: { session, will } }: Opened<Peer>): void {
  if (will !== undefined) book.dropWill(session.clientId, will);
  book.detach(session, undefined);
}

/** It had been let in and is gone: its will speaks for it, unless it said goodbye [MQTT-3.1.2-8] [MQTT-3.1.2-10]. */
function leave<Peer>(
  { rules, book, inbound }: ServerParts<Peer>,
  client: OpenSession<Peer>,
  { line, how }: { line: Line; how: GoneHow },
): void {
  const { peer, session, will } = client;
  if (will !== undefined && how === 'closed') book.dropWill(session.clientId, will);
  book.detach(session, line);
  if (will !== undefined && how !== 'closed') inbound.take(client, { ...will, messageId: 0, isWill: true }, () => undefined);
  rules.gone(peer, how);
}
