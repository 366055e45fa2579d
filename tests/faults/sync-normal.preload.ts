/** Loaded before a program (`node --import`): its databases sync at checkpoints only. What the power cuts must find; the product is not changed. */
import BetterSqlite3 from 'better-sqlite3';

const { prototype } = BetterSqlite3;
const pragma = prototype.pragma;
prototype.pragma = function (source, options) {
  return pragma.call(this, source.replace(/synchronous = FULL/, 'synchronous = NORMAL'), options);
};
