/** The fields of one slot, drawn from the driver's schema. */
import { type ReactNode, useState } from 'react';
import { Switch } from 'react-aria-components';
import { type Language, useLanguage, useText } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { Choice, PasswordField, TextField } from '../ui/field.tsx';
import { en } from './config-messages.en.ts';
import { type ConfigText, vi } from './config-messages.vi.ts';
import type { FieldFault, FormField, FormValues } from './slot-form-model.ts';

export function SlotForm({
  fields,
  values,
  faults,
  errors,
  fresh = false,
  onChange,
}: {
  fields: readonly FormField[];
  values: FormValues;
  faults: Readonly<Record<string, FieldFault>>;
  /** What the device said of a key in its last report. */
  errors: Readonly<Record<string, string>>;
  /** The slot was added just now: what is still to be filled in is no fault before one has left it. */
  fresh?: boolean;
  onChange(values: FormValues): void;
}): ReactNode {
  const text = useText({ vi, en });
  const language = useLanguage();
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  return (
    <div className="slot-form">
      {fields.map((field) => {
        const said = faults[field.key];
        const fault = fresh && said === 'required' && !left.has(field.key) ? undefined : said;
        return (
          <Field
            key={field.key}
            field={field}
            value={values[field.key] ?? ''}
            help={helpOf(field, text, language)}
            fault={fault === undefined ? errors[field.key] : faultText(fault, field, text, language)}
            onChange={(value) => onChange({ ...values, [field.key]: value })}
            onLeave={() => setLeft(new Set(left).add(field.key))}
          />
        );
      })}
    </div>
  );
}

type FieldProps = {
  field: FormField;
  value: string | boolean;
  help: string;
  fault: string | undefined;
  onChange(value: string | boolean): void;
  onLeave(): void;
};

function Field({ field, value, help, fault, onChange, onLeave }: FieldProps): ReactNode {
  const text = useText({ vi, en });
  const shared = { label: field.title, fault, onBlur: onLeave, ...(help !== '' && { help }) };
  switch (field.type) {
    case 'switch':
      return (
        <div className="field">
          <Switch className="switch" isSelected={value === true} onChange={onChange}>
            <span className="track" aria-hidden="true" />
            <span>
              {field.title}: <strong>{value === true ? text.on : text.off}</strong>
            </span>
          </Switch>
          {help !== '' && <span className="help">{help}</span>}
          {fault !== undefined && <span className="fault">{fault}</span>}
        </div>
      );
    case 'choice':
      return (
        <Choice
          {...shared}
          value={value === '' ? null : String(value)}
          options={field.options.map((one) => ({ id: one.text, label: one.label }))}
          onChange={onChange}
        />
      );
    case 'number':
      return (
        <TextField
          {...shared}
          value={String(value)}
          onChange={onChange}
          inputMode={field.integer ? 'numeric' : 'decimal'}
          unit={field.unit}
        />
      );
    case 'text':
      return field.secret ? (
        <PasswordField {...shared} value={String(value)} onChange={onChange} autoComplete="off" />
      ) : (
        <TextField {...shared} value={String(value)} onChange={onChange} unit={field.unit} mono />
      );
    case 'json':
      return <TextField {...shared} value={String(value)} onChange={onChange} rows={4} mono />;
    default:
      return field satisfies never;
  }
}

function helpOf(field: FormField, text: ConfigText, language: Language): string {
  const parts = [field.help];
  if (field.type === 'number') parts.push(rangeText(field, text, language));
  const hasDefault = field.fallback !== undefined && field.fallback !== '' && field.type !== 'switch' && field.type !== 'json';
  if (hasDefault) parts.push(text.defaultIs(valueText(field, field.fallback, language)));
  return parts
    .filter((part) => part !== '')
    .map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1).replace(/\.?$/, '.')}`)
    .join(' ');
}

function rangeText({ min, max }: { min: number | undefined; max: number | undefined }, text: ConfigText, language: Language): string {
  const number = (value: number): string => numberText(value, language, 3);
  if (min !== undefined && max !== undefined) return text.range(number(min), number(max));
  return min !== undefined ? text.atLeast(number(min)) : max !== undefined ? text.atMost(number(max)) : '';
}

function faultText(fault: FieldFault, field: FormField, text: ConfigText, language: Language): string {
  if (typeof fault === 'object') return text.portTaken(fault.takenBy);
  const range = field.type === 'number' && (fault === 'min' || fault === 'max') ? ` (${rangeText(field, text, language)})` : '';
  return `${text.faults[fault]}${range}`;
}

/** A config value as the form would show it. */
export function valueText(field: FormField | undefined, value: unknown, language: Language): string {
  if (field?.type === 'choice') return field.options.find((one) => one.value === value)?.label ?? String(value);
  if (typeof value === 'number') return `${numberText(value, language, 3)}${field?.unit === undefined ? '' : ` ${field.unit}`}`;
  if (typeof value === 'boolean') return (language === 'vi' ? { true: 'Bật', false: 'Tắt' } : { true: 'On', false: 'Off' })[`${value}`];
  return typeof value === 'string' ? (value === '' ? '“”' : value) : JSON.stringify(value);
}
