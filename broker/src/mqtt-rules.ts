/** What the MQTT server asks whoever runs it. `Session` is how they know a connected client. */

export type Publish = { topic: string; payload: Uint8Array; qos: 0 | 1 | 2; retain: boolean };
/** `retain` may be taken away; a refused publish ends the connection, since MQTT 3.1.1 knows nothing gentler. */
export type PublishVerdict = { allowed: true; retain: boolean } | { allowed: false };
/** `owner`: under whose name a kept session counts. Return codes of CONNACK: 2 identifier rejected, 5 not authorised. */
export type ConnectVerdict = { allowed: true; clientId: string; owner?: string } | { allowed: false; returnCode: 2 | 5 };
export type GoneHow = 'closed' | 'lost' | 'taken-over';

export type Credentials = { userName: string | undefined; password: Uint8Array | undefined };

export type MqttRules<Session> = {
  /** Asked before `connect`, where a user name and a password say who the client is; what comes of it is kept in the session. */
  signIn?(session: Session, credentials: Credentials): Promise<void>;
  connect(session: Session, asked: { clientId: string; clean: boolean; keepAliveS: number; willTopic: string | undefined }): ConnectVerdict;
  /** Settles when the publish may be acknowledged; a rejection ends the connection unacknowledged. Also asked for the will of a lost client. */
  publish(session: Session, publish: Publish): Promise<PublishVerdict>;
  subscribe(session: Session, filter: string): boolean;
  deliver(session: Session, topic: string): boolean;
  arrived(session: Session): void;
  gone(session: Session, how: GoneHow): void;
  /** Whom a kept session without a connection belongs to; undefined: forget it. Without this rule no session outlives the process. */
  absent?(clientId: string): Session | undefined;
  /** The client asks for more than it reads; its connection is cut. */
  overflowed?(session: Session): void;
};
