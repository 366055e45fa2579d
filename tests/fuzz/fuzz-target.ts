/** What is fuzzed: anything that eats bytes of strangers, seen as one thing, however its functions are shaped. */
import { joined } from '@tramhoc/device-agent/drivers/read-link';

/** One decoder at work, from a fresh connection on. */
export type Eater = {
  /** Takes the next piece. `keptBytes`: what is held back for the next one; `found`: frames, lines or values so far. */
  eat(piece: Uint8Array): { keptBytes: number; found: number };
};

export type FuzzTarget = {
  /** The driver's kind, or what it is: what `--only` names. */
  name: string;
  /** File below the root of the repository. */
  codec: string;
  /** The longest part of a frame that may be kept back. */
  maxKeptBytes: number;
  /** Where the wire carries pieces of one size (HID reports). */
  pieceBytes?: number;
  /** One input is one message (a datagram, the body of a request): it is never cut. */
  whole?: true;
  /** Pauses between pieces mean something. */
  pausesInside?: true;
  start(): Eater;
};

const driverCodec = (kind: string): string => `device-agent/src/drivers/${kind}/codec.ts`;

/** The answers of all decoders of streams: frames under whatever name, and what is kept. */
type Decoded = { rest: Uint8Array; skippedBytes: number };

/** A driver's codec that takes frames out of a stream. `look` reads what is inside a frame. */
export function stream<Result extends Decoded>(
  kind: string,
  maxFrameBytes: number,
  decode: (input: Uint8Array) => Result,
  { framesOf, look }: { framesOf(result: NoInfer<Result>): readonly unknown[]; look?(frame: never): unknown },
): FuzzTarget {
  return {
    ...{ name: kind, codec: driverCodec(kind), maxKeptBytes: maxFrameBytes - 1 },
    start() {
      let rest: Uint8Array = new Uint8Array();
      let found = 0;
      return {
        eat(piece) {
          const input = joined(rest, piece);
          const result = decode(input);
          if (result.skippedBytes < 0 || result.skippedBytes + result.rest.length > input.length)
            throw new Error(`${result.skippedBytes} bytes skipped and ${result.rest.length} kept of ${input.length}`);
          rest = result.rest;
          const frames = framesOf(result);
          found += frames.length;
          if (look !== undefined) for (const frame of frames) look(frame as never);
          return { keptBytes: rest.length, found };
        },
      };
    },
  };
}

/** The answer to one question at a time: after each answer the same question is asked again. */
export function answers(kind: string, maxAnswerBytes: number, decode: (input: Uint8Array) => Decoded & { answer: unknown }): FuzzTarget {
  const all = (input: Uint8Array): Decoded & { found: unknown[] } => {
    const found: unknown[] = [];
    let skippedBytes = 0;
    for (let rest = input; ; ) {
      const result = decode(rest);
      rest = result.rest;
      skippedBytes += result.skippedBytes;
      if (result.answer === undefined) return { found, rest, skippedBytes };
      found.push(result.answer);
    }
  };
  return stream(kind, maxAnswerBytes, all, { framesOf: ({ found }) => found });
}

/** A state that each piece moves on. `step` gives what the piece brought. */
export function states<State>(
  place: { name: string; codec?: string; pieceBytes?: number; maxKeptBytes: number },
  {
    first,
    step,
    keptBytes,
  }: { first: State; step(state: State, piece: Uint8Array): { state: State; found: number }; keptBytes(state: State): number },
): FuzzTarget {
  return {
    codec: driverCodec(place.name),
    pausesInside: true,
    ...place,
    start() {
      let state = first;
      let found = 0;
      return {
        eat(piece) {
          const next = step(state, piece);
          state = next.state;
          found += next.found;
          return { keptBytes: keptBytes(state), found };
        },
      };
    },
  };
}

/** Each input is one message; nothing is kept from one to the next. */
export function messages(name: string, look: (message: Uint8Array) => unknown, codec = driverCodec(name)): FuzzTarget {
  return {
    ...{ name, codec, maxKeptBytes: 0, whole: true },
    start() {
      let found = 0;
      return {
        eat(piece) {
          if (look(piece) !== undefined) found += 1;
          return { keptBytes: 0, found };
        },
      };
    },
  };
}

const utf8 = new TextDecoder();

/** The same for what arrives as text. */
export function texts(name: string, codec: string, look: (text: string) => unknown): FuzzTarget {
  return messages(name, (message) => look(utf8.decode(message)), codec);
}

/** JSON from a stranger: what cannot be parsed is none, and never reaches `look`. */
export function documents(name: string, codec: string, look: (json: unknown) => unknown): FuzzTarget {
  return texts(name, codec, (text) => {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return undefined;
    }
    return look(json);
  });
}
