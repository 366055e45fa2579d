/** Averages over a reporting interval, as the contract of a reading has them; drivers find them here. */
export { addSample, averages, noSamples, type Sample, type SampleSum } from '@tramhoc/protocol/interval-average';
