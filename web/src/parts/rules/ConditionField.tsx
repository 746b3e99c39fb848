import { useId } from 'preact/hooks';
import { t } from '../../text';
import { SelectField, TextField } from '../field/Field';
import { fromLocal, toLocal } from '../field/local';
import { choices, listText, textList, type ConditionName, type NewRule } from './rules';

interface ConditionProps {
    name: ConditionName;
    rule: NewRule;
    onChange: (values: Partial<NewRule['if']>) => void;
}

export function ConditionField({ name, rule, onChange }: ConditionProps) {
    const label = t.conditions[name];
    const value = rule.if[name];
    if (name === 'percent') {
        return (
            <TextField
                label={label}
                type="number"
                min={1}
                max={100}
                value={String(value)}
                onChange={(text) => onChange({ percent: Number(text) })}
            />
        );
    }
    if (name === 'from' || name === 'until') {
        return (
            <TextField
                label={label}
                type="datetime-local"
                value={toLocal(value as string)}
                onChange={(text) => onChange({ [name]: fromLocal(text) ?? '' })}
            />
        );
    }
    const list = value as string[];
    if (choices[name]) {
        return (
            <Choices
                label={label}
                options={choices[name]}
                value={list}
                onChange={(values) => onChange({ [name]: values })}
            />
        );
    }
    const field = (
        <TextField
            label={label}
            value={listText(list)}
            hint={t.conditionHints[name as 'language' | 'country' | 'query' | 'hours']}
            onChange={(text) =>
                onChange({ [name]: text.endsWith(',') ? [...textList(text), ''] : textList(text) })
            }
        />
    );
    if (name !== 'hours') return field;
    return (
        <div class="pair">
            {field}
            <ZoneField value={rule.if.zone ?? 'UTC'} onChange={(zone) => onChange({ zone })} />
        </div>
    );
}

export function ZoneField({
    value,
    onChange,
    label = t.fields.zone,
}: {
    value: string;
    onChange: (zone: string) => void;
    label?: string;
}) {
    const zones = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
    return (
        <SelectField
            label={label}
            value={value}
            onChange={onChange}
            options={zones.map((zone) => [zone, zone] as const)}
        />
    );
}

function Choices({
    label,
    options,
    value,
    onChange,
}: {
    label: string;
    options: string[];
    value: string[];
    onChange: (values: string[]) => void;
}) {
    const id = useId();
    const all = [...options, ...value.filter((one) => !options.includes(one))];
    const names = t.values as Record<string, string>;
    return (
        <div class="field" role="group" aria-labelledby={id}>
            <span id={id} class="field-label">
                {label}
            </span>
            <span class="row wrap">
                {all.map((one) => (
                    <button
                        key={one}
                        type="button"
                        class="button small"
                        aria-pressed={value.includes(one)}
                        onClick={() =>
                            onChange(
                                value.includes(one) ? value.filter((old) => old !== one) : [...value, one],
                            )
                        }
                    >
                        {names[one] ?? one}
                    </button>
                ))}
            </span>
        </div>
    );
}
