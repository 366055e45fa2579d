/** Vite turns these imports into files of the build. */
declare module '*.css';
