/** COPY ... FROM STDIN over a connection of `pg`, which has the messages but no statement for them. Several may stand in one query text. */
import type { Connection, Submittable } from 'pg';

type CopyConnection = Connection & { query(text: string): void; sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void };

/** `bodies`: for each COPY of `text`, in order, all of its lines. Resolves when the server has worked through the whole text. */
export class CopyIn implements Submittable {
  readonly #text: string;
  readonly #bodies: Buffer[];
  readonly done: Promise<void>;
  #settle: { resolve(): void; reject(error: Error): void };

  constructor(text: string, bodies: readonly string[]) {
    this.#text = text;
    this.#bodies = bodies.map((body) => Buffer.from(body, 'utf8'));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.#settle = { resolve, reject };
  }

  submit(connection: Connection): void {
    (connection as CopyConnection).query(this.#text);
  }

  handleCopyInResponse(connection: Connection): void {
    (connection as CopyConnection).sendCopyFromChunk(this.#bodies.shift() ?? Buffer.alloc(0));
    (connection as CopyConnection).endCopyFrom();
  }

  handleError(error: Error): void {
    this.#settle.reject(error);
  }

  handleReadyForQuery(): void {
    this.#settle.resolve();
  }

  /** What other statements of the text answer is of no interest. */
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCommandComplete(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
}
