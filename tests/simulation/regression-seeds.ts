/**
 * Seeds that found a fault of the product, and what it was. A seed belongs to the dice of its day: with the fault put back it was red
 * then, and need not be any more, since new faults and every new use of chance in the product throw them otherwise. So each fault has a test of its own
 * beside the code it was in (docs/reliability.md).
 */
export const regressionSeeds: readonly { seed: number; found: string }[] = [
  { seed: 43, found: 'an outbox gave up taps while it still had readings, because the records of what went took the room' },
  { seed: 47, found: 'the same with another mix of rows' },
  { seed: 50, found: 'a record of given-up rows was itself given up, and nobody knew any more' },
  { seed: 91, found: 'the same after a restart' },
  { seed: 92, found: 'after an older image of the whole disk was put back, new events got old numbers and were set aside as conflicts' },
  { seed: 114, found: 'the same when nothing had been acknowledged in between' },
  {
    seed: 17,
    found: 'a restored site gave its own facts numbers that the centre knew, and they were set aside, declared losses among them',
  },
  { seed: 45, found: 'the same with facts of a presence' },
  { seed: 1_005_668, found: 'a site went on under an epoch that was empty in the image and was not empty any more at the centre' },
  { seed: 22, found: 'a report of a twin that a full disk refused was never made again' },
  { seed: 1_038_389, found: 'a full site gave up the record of what a device had given up, and nobody knew any more' },
  {
    seed: 1_014_137,
    found: 'not the product but the rule: an acknowledgement arrived of a disk that had been exchanged while it was under way',
  },
  { seed: 109, found: 'a report of a twin that was lost with the disk of the site was never made again' },
  {
    seed: 7_030_327,
    found:
      'a site acknowledged what it had let go after 30 days and a device sent again, and did not keep it; the centre had been put back since',
  },
  {
    seed: 5_023_035,
    found: 'a disk of a site was exchanged and the centre put back within one hour: what was new overtook what had to be sent again',
  },
];
