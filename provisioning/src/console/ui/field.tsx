/** Fields of a form: label above, help below, the fault in words where it is. */
import { type ReactNode, useState } from 'react';
import {
  Button as AriaButton,
  Checkbox as AriaCheckbox,
  Select as AriaSelect,
  TextField as AriaTextField,
  Autocomplete,
  type CheckboxProps,
  FieldError,
  Group,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  SearchField,
  SelectValue,
  Text,
  TextArea,
  type TextFieldProps,
} from 'react-aria-components';
import { finds } from '../language/fold-text.ts';
import { useText } from '../language/language.tsx';
import { Icon } from './icon.tsx';
import { en } from './messages.en.ts';
import { vi } from './messages.vi.ts';

type FieldProps = Omit<TextFieldProps, 'children' | 'className' | 'isInvalid'> & {
  label: ReactNode;
  help?: ReactNode;
  fault?: string | undefined;
  placeholder?: string;
  unit?: string | undefined;
  rows?: number;
  inputMode?: 'text' | 'numeric' | 'decimal';
  mono?: boolean;
};

export function TextField({ label, help, fault, placeholder, unit, rows, inputMode, mono = false, ...rest }: FieldProps): ReactNode {
  const look = mono ? 'input mono' : 'input';
  return (
    <AriaTextField {...rest} isInvalid={fault !== undefined} className="field">
      <Label className="label">{label}</Label>
      {rows !== undefined ? (
        <TextArea className={look} rows={rows} {...(placeholder !== undefined && { placeholder })} />
      ) : (
        <Group className="input-group">
          <Input className={look} {...(placeholder !== undefined && { placeholder })} {...(inputMode !== undefined && { inputMode })} />
          {unit !== undefined && <span className="unit">{unit}</span>}
        </Group>
      )}
      {help !== undefined && (
        <Text slot="description" className="help">
          {help}
        </Text>
      )}
      <FieldError className="fault">{fault}</FieldError>
    </AriaTextField>
  );
}

export function PasswordField(props: FieldProps): ReactNode {
  const text = useText({ vi, en });
  const [shown, setShown] = useState(false);
  const { label, help, fault, ...rest } = props;
  return (
    <AriaTextField {...rest} type={shown ? 'text' : 'password'} isInvalid={fault !== undefined} className="field">
      <Label className="label">{label}</Label>
      <Group className="input-group">
        <Input className="input" autoCapitalize="none" spellCheck="false" />
        <AriaButton slot={null} className="in-input" onPress={() => setShown(!shown)} aria-pressed={shown} aria-label={text.showPassword}>
          {shown ? text.hide : text.show}
        </AriaButton>
      </Group>
      {help !== undefined && (
        <Text slot="description" className="help">
          {help}
        </Text>
      )}
      <FieldError className="fault">{fault}</FieldError>
    </AriaTextField>
  );
}

export type Option = { id: string; label: string; note?: string };

/** One of a list. With `label` hidden it stands in a toolbar. */
export function Choice({
  label,
  options,
  value,
  onChange,
  help,
  fault,
  hideLabel = false,
  placeholder,
  search,
  onBlur,
}: {
  label: string;
  options: readonly Option[];
  value: string | null;
  onChange(id: string): void;
  help?: ReactNode;
  fault?: string | undefined;
  hideLabel?: boolean;
  placeholder?: string;
  /** Of a long list: the label of the field that searches it. */
  search?: string;
  onBlur?(): void;
}): ReactNode {
  const list = (
    <ListBox className="list-box" items={options} aria-label={label}>
      {(option) => (
        <ListBoxItem id={option.id} textValue={option.label} className="list-item">
          <Text slot="label">{option.label}</Text>
          {option.note !== undefined && (
            <Text slot="description" className="help">
              {option.note}
            </Text>
          )}
        </ListBoxItem>
      )}
    </ListBox>
  );
  return (
    <AriaSelect
      className="field choice"
      value={value}
      onChange={(key) => {
        if (key !== null) onChange(String(key));
      }}
      isInvalid={fault !== undefined}
      {...(onBlur !== undefined && { onBlur })}
      {...(hideLabel && { 'aria-label': label })}
      {...(placeholder !== undefined && { placeholder })}
    >
      {!hideLabel && <Label className="label">{label}</Label>}
      <AriaButton className="input choice-button">
        <SelectValue className="choice-value" />
        <Icon name="down" size={16} />
      </AriaButton>
      {help !== undefined && (
        <Text slot="description" className="help">
          {help}
        </Text>
      )}
      <FieldError className="fault">{fault}</FieldError>
      <Popover className="popover" offset={4}>
        {search === undefined ? (
          list
        ) : (
          <Autocomplete filter={(text, typed) => finds(typed, text)}>
            <SearchField aria-label={search} className="search-field" autoFocus>
              <Icon name="search" size={18} />
              <Input className="input" placeholder={search} />
            </SearchField>
            {list}
          </Autocomplete>
        )}
      </Popover>
    </AriaSelect>
  );
}

export function Search({ label, value, onChange }: { label: string; value: string; onChange(value: string): void }): ReactNode {
  return (
    <SearchField aria-label={label} value={value} onChange={onChange} className="search-field">
      <Icon name="search" size={18} />
      <Input className="input" placeholder={label} />
      {value !== '' && (
        <AriaButton className="in-input">
          <Icon name="close" size={14} />
        </AriaButton>
      )}
    </SearchField>
  );
}

export function Checkbox({ children, ...rest }: Omit<CheckboxProps, 'children' | 'className'> & { children: ReactNode }): ReactNode {
  return (
    <AriaCheckbox {...rest} className="checkbox">
      <span className="box" aria-hidden="true">
        <Icon name="check" size={14} />
      </span>
      <span>{children}</span>
    </AriaCheckbox>
  );
}
