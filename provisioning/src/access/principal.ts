/** Who asks. */
export type Principal =
  | { kind: 'user'; userId: string; userName: string; mustChange: boolean; sessionHash: string }
  | { kind: 'token'; userId: string; userName: string; tokenId: string }
  /** The admin socket: the file system's permissions have decided. */
  | { kind: 'local'; userName: 'local' };
export type Person = Extract<Principal, { kind: 'user' }>;
