/** The list of cards of a site, from a CSV file: chosen or dropped, looked at, then imported whole or not at all. */
import { type ReactNode, useState } from 'react';
import { type DropItem, DropZone, FileTrigger, Text } from 'react-aria-components';
import type { CardImportResult, Site } from '../../api/contract.ts';
import { useAction } from '../api/asked.ts';
import { useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { useApi } from '../page-context.tsx';
import { Button } from '../ui/button.tsx';
import { previewCsv, textOfFile, writeCsv } from '../ui/csv-text.ts';
import { DataTable } from '../ui/data-table.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { FaultNotice, Notice } from '../ui/notice.tsx';
import { saveFile } from '../ui/save-file.ts';
import { importFaultText } from './import-fault.ts';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

/** 20,000 cards of 100 bytes are 2 MB. */
const maxFileBytes = 8_000_000;
const previewRows = 6;
/** 125 kHz cards by their five bytes, an NFC card by its seven, and a printed code. */
const sample: [string, string, string, string][] = [
  ['14008EC793', 'HS-2026-0001', 'Nguyễn Thị An', '10A1'],
  ['04A1B2C3D4E5F6', 'HS-2026-0002', 'Trần Quốc Bảo', '10A1'],
  ['qr:GV-0012', 'GV-0012', 'Lê Thị Thu Hà', 'Giáo viên'],
];
const sampleHead = ['so_the', 'ma', 'ho_ten', 'lop'];

type Chosen = { name: string; content: string; lineCount: number };
type FileFault = 'tooLarge' | 'notUtf8' | 'empty';

export function CardImport({ site, onImported }: { site: Site; onImported(): void }): ReactNode {
  const { cards: text } = useText({ vi, en });
  const language = useLanguage();
  const api = useApi();
  const [chosen, setChosen] = useState<Chosen | undefined>(undefined);
  const [fileFault, setFileFault] = useState<FileFault | undefined>(undefined);
  const [result, setResult] = useState<CardImportResult | undefined>(undefined);
  const [confirming, setConfirming] = useState(false);
  const send = useAction((csv: string) => api.ask('importCards', { params: { siteId: site.siteId }, csv }));
  const number = (value: number): string => numberText(value, language);

  const take = async (file: File): Promise<void> => {
    setResult(undefined);
    send.clear();
    const read = await readCsvFile(file);
    setFileFault(typeof read === 'string' ? read : undefined);
    setChosen(typeof read === 'string' ? undefined : read);
  };
  const importNow = async (): Promise<void> => {
    setConfirming(false);
    if (chosen === undefined) return;
    const answer = await send.go(chosen.content);
    if (answer === undefined) return;
    setResult(answer);
    if (answer.faults.length > 0) return;
    setChosen(undefined);
    onImported();
  };
  return (
    <div className="stack">
      <p>{site.cardCount === 0 ? text.none : text.lead(number(site.cardCount))}</p>
      {fileFault !== undefined && (
        <Notice tone="bad" live>
          <p>{text[fileFault]}</p>
        </Notice>
      )}
      <FaultNotice fault={send.fault} />
      {result !== undefined && result.faults.length === 0 && (
        <Notice tone="ok" live>
          <p>{text.done(number(result.imported), number(result.version))}</p>
        </Notice>
      )}
      {chosen === undefined ? (
        <FileDrop onFile={(file) => void take(file)} />
      ) : (
        <Preview
          chosen={chosen}
          busy={send.running}
          onImport={() => (site.cardCount > 0 ? setConfirming(true) : void importNow())}
          onOther={() => {
            setChosen(undefined);
            setResult(undefined);
          }}
        />
      )}
      {result !== undefined && result.faults.length > 0 && <Faults result={result} content={chosen?.content ?? ''} />}
      <p className="help">{text.how}</p>
      <p className="help">{text.privacy}</p>
      <Dialog title={text.confirmTitle} open={confirming} onClose={() => setConfirming(false)} alert>
        <div className="form">
          <p>{text.confirmText(site.name, number(Math.max(0, (chosen?.lineCount ?? 1) - 1)), number(site.cardCount))}</p>
          <div className="form-actions end">
            <Button onPress={() => setConfirming(false)}>{text.cancel}</Button>
            <Button look="primary" onPress={() => void importNow()} autoFocus>
              {text.confirm}
            </Button>
          </div>
        </div>
      </Dialog>
    </div>
  );
}

async function readCsvFile(file: File): Promise<Chosen | FileFault> {
  if (file.size > maxFileBytes) return 'tooLarge';
  const content = textOfFile(new Uint8Array(await file.arrayBuffer()));
  if (content === undefined) return 'notUtf8';
  const lineCount = content.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '').length;
  return lineCount === 0 ? 'empty' : { name: file.name, content, lineCount };
}

function FileDrop({ onFile }: { onFile(file: File): void }): ReactNode {
  const { cards: text } = useText({ vi, en });
  const drop = async (items: DropItem[]): Promise<void> => {
    const item = items.find(({ kind }) => kind === 'file');
    if (item?.kind === 'file') onFile(await item.getFile());
  };
  return (
    <DropZone className="drop-zone" aria-label={text.drop} getDropOperation={() => 'copy'} onDrop={({ items }) => void drop(items)}>
      <Icon name="upload" size={26} />
      <Text slot="label">{text.drop}</Text>
      <span className="muted">{text.or}</span>
      <div className="form-actions">
        <FileTrigger
          acceptedFileTypes={['.csv', 'text/csv', 'text/plain']}
          onSelect={(files) => {
            const file = files?.[0];
            if (file !== undefined) onFile(file);
          }}
        >
          <Button icon="card">{text.choose}</Button>
        </FileTrigger>
        <Button
          look="quiet"
          icon="download"
          onPress={() => saveFile({ name: text.sampleName, type: 'text/csv', content: writeCsv([sampleHead, ...sample]) })}
        >
          {text.sample}
        </Button>
      </div>
    </DropZone>
  );
}

function Preview({ chosen, busy, onImport, onOther }: { chosen: Chosen; busy: boolean; onImport(): void; onOther(): void }): ReactNode {
  const { cards: text } = useText({ vi, en });
  const language = useLanguage();
  const [head = [], ...rows] = previewCsv(chosen.content, previewRows);
  return (
    <div className="preview">
      <p className="preview-name">
        <Icon name="card" size={18} />
        {text.preview(chosen.name, numberText(chosen.lineCount, language))}
      </p>
      <div className="table-wrap">
        <table className="table plain">
          <caption className="visually-hidden">{text.previewCaption}</caption>
          <thead>
            <tr>
              {head.map((name, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns of a file have no other identity
                <th key={at} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, line) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines of a file have no other identity
              <tr key={line}>
                {head.map((_, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: as above
                  <td key={at}>{row[at]}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="form-actions">
        <Button look="primary" icon="upload" busy={busy} onPress={onImport}>
          {text.import}
        </Button>
        <Button onPress={onOther}>{text.otherFile}</Button>
      </div>
    </div>
  );
}

function Faults({ result, content }: { result: CardImportResult; content: string }): ReactNode {
  const { cards: text } = useText({ vi, en });
  const language = useLanguage();
  const lines = content.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  return (
    <div className="stack">
      <Notice tone="bad" live>
        <p>
          <strong>{text.faultsTitle(numberText(result.faultCount, language))}</strong>
        </p>
        <p>
          {text.faultsHelp}
          {result.faultCount > result.faults.length && ` ${text.faultsShown(numberText(result.faults.length, language))}`}
        </p>
      </Notice>
      <DataTable
        caption={text.faultsTitle(numberText(result.faultCount, language))}
        rows={result.faults}
        keyOf={({ line, reason }) => `${line} ${reason}`}
        columns={[
          { id: 'line', head: text.line, number: true, cell: ({ line }) => numberText(line, language) },
          { id: 'reason', head: text.reason, cell: ({ reason }) => importFaultText(reason, language) },
          { id: 'content', head: text.content, cell: ({ line }) => <code className="line-content">{lines[line - 1] ?? ''}</code> },
        ]}
      />
    </div>
  );
}
