/** Names of the three channels between preload and main process. */
export const callChannel = 'tramhoc:call';
export const signalChannel = 'tramhoc:signal';
export const newsChannel = 'tramhoc:news';
