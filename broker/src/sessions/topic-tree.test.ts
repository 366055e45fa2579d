import { matches } from '@tramhoc/base/mqtt-link';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTopicTree } from './topic-tree.ts';

/** Client and broker have their own idea of matching; the rule about $ is the broker's alone. */
const meets = (filter: string, topic: string): boolean => matches(filter, topic) && !(topic.startsWith('$') && /^[+#]/.test(filter));
const name = fc.constantFrom('a', 'b', '', '$SYS', 'ă');
const topic = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(name, fc.constant('+')), { maxLength: 4 }), fc.boolean())
  .map(([names, open]) => [...names, ...(open || names.length === 0 ? ['#'] : [])].join('/'));

test('a topic meets the filters that it should, and no other, also after some have gone', () => {
  fc.assert(
    fc.property(fc.uniqueArray(filter, { maxLength: 12 }), fc.uniqueArray(filter, { maxLength: 4 }), topic, (added, removed, wanted) => {
      const tree = createTopicTree<string>();
      for (const one of added) tree.set(one, one);
      for (const one of removed) tree.delete(one);
      const left = added.filter((one) => !removed.includes(one));
      expect(tree.matching(wanted).toSorted()).toEqual(left.filter((one) => meets(one, wanted)).toSorted());
      for (const one of left) expect(tree.get(one)).toBe(one);
    }),
  );
});

test('a filter finds the topics that it should, and no other', () => {
  fc.assert(
    fc.property(fc.uniqueArray(topic, { maxLength: 12 }), filter, (topics, wanted) => {
      const tree = createTopicTree<string>();
      for (const one of topics) tree.set(one, one);
      expect(tree.matchedBy(wanted).toSorted()).toEqual(topics.filter((one) => meets(wanted, one)).toSorted());
    }),
  );
});
