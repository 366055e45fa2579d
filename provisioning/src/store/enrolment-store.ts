/** Enrolments that wait or were decided, and the one-certificate claims they end in. Codes and tokens are kept as SHA-256 only. */
import type { Database } from '@tramhoc/base/sqlite';
import type { DeviceId } from '@tramhoc/protocol/ids';
import type { EnrolmentState } from '../enrolment/enrolment-machine.ts';

export type EnrolmentRow = {
  enrolment_id: string;
  device_code_hash: string;
  code_hash: string;
  fingerprint: string;
  name: string;
  model: string;
  serial: string;
  agent_version: string;
  address: string;
  created_ms: number;
  expires_ms: number;
  tries: number;
  state: EnrolmentState;
  device_id: DeviceId | null;
};
export type ClaimRow = {
  device_id: DeviceId;
  token_hash: string;
  /** Key that was approved; null for a site broker, whose first key is taken. */
  fingerprint: string | null;
  expires_ms: number;
  csr_hash: string | null;
  used_ms: number | null;
  certificate: string | null;
};
export type EnrolmentStore = ReturnType<typeof enrolmentStore>;

export function enrolmentStore(db: Database) {
  const insert = db.prepare(
    `INSERT INTO enrolments (enrolment_id, device_code_hash, code_hash, fingerprint, name, model, serial, agent_version, address, created_ms,
       expires_ms, tries, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 'waiting')`,
  );
  const one = db.prepare<EnrolmentRow>('SELECT * FROM enrolments WHERE enrolment_id = ?');
  const byDeviceCode = db.prepare<EnrolmentRow>('SELECT * FROM enrolments WHERE device_code_hash = ?');
  const byCode = db.prepare<EnrolmentRow>('SELECT * FROM enrolments WHERE code_hash = ? ORDER BY created_ms DESC LIMIT 1');
  const waiting = db.prepare<EnrolmentRow>(`SELECT * FROM enrolments WHERE state = 'waiting' AND expires_ms > ? ORDER BY created_ms DESC`);
  const waitingCount = db.prepare<{ count: number }>(`SELECT count(*) AS count FROM enrolments WHERE state = 'waiting' AND expires_ms > ?`);
  const replaced = db.prepare(`UPDATE enrolments SET state = 'expired' WHERE state = 'waiting' AND fingerprint = ?`);
  const save = db.prepare('UPDATE enrolments SET state = ?, tries = ?, device_id = ? WHERE enrolment_id = ?');
  const issued = db.prepare(`UPDATE enrolments SET state = 'issued' WHERE device_id = ? AND state = 'approved'`);
  const forget = db.prepare('DELETE FROM enrolments WHERE created_ms < ?');
  const putClaim = db.prepare(
    `INSERT INTO claims (device_id, token_hash, fingerprint, expires_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (device_id) DO UPDATE SET token_hash = excluded.token_hash, fingerprint = excluded.fingerprint, expires_ms = excluded.expires_ms,
       csr_hash = NULL, used_ms = NULL, certificate = NULL`,
  );
  const claim = db.prepare<ClaimRow>('SELECT * FROM claims WHERE device_id = ?');
  const useClaim = db.prepare('UPDATE claims SET csr_hash = ?, used_ms = ?, certificate = ? WHERE device_id = ? AND used_ms IS NULL');
  return {
    insert: (row: Omit<EnrolmentRow, 'tries' | 'state' | 'device_id'>) =>
      void insert.run(
        ...[row.enrolment_id, row.device_code_hash, row.code_hash, row.fingerprint, row.name, row.model, row.serial, row.agent_version],
        ...[row.address, row.created_ms, row.expires_ms],
      ),
    get: (enrolmentId: string) => one.get(enrolmentId),
    byDeviceCode: (hash: string) => byDeviceCode.get(hash),
    byCode: (hash: string) => byCode.get(hash),
    waiting: (nowMs: number) => waiting.all(nowMs),
    waitingCount: (nowMs: number) => waitingCount.get(nowMs)!.count,
    /** A device that asks again gives up its earlier code. */
    expireOfKey: (fingerprint: string) => void replaced.run(fingerprint),
    save: (row: Pick<EnrolmentRow, 'enrolment_id' | 'state' | 'tries' | 'device_id'>) =>
      void save.run(row.state, row.tries, row.device_id, row.enrolment_id),
    issuedTo: (deviceId: DeviceId) => void issued.run(deviceId),
    forgetBefore: (createdMs: number) => void forget.run(createdMs),
    putClaim: (row: Pick<ClaimRow, 'device_id' | 'token_hash' | 'fingerprint' | 'expires_ms'>) =>
      void putClaim.run(row.device_id, row.token_hash, row.fingerprint, row.expires_ms),
    claim: (deviceId: string) => claim.get(deviceId),
    /** False when another request used it in the meantime. */
    useClaim: (deviceId: DeviceId, { csrHash, usedMs, certificate }: { csrHash: string; usedMs: number; certificate: string }): boolean =>
      useClaim.run(csrHash, usedMs, certificate, deviceId).changes === 1,
  };
}
