/** @peculiar/x509 with the polyfill that it needs loaded before it. The only import of either in the centre. */
import 'reflect-metadata';

export * from '@peculiar/x509';
