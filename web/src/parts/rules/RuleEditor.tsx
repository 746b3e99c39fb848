import './rules.css';
import { t } from '../../text';
import { TextField } from '../field/Field';
import { Icon } from '../icon/Icon';
import { Menu, MenuItem } from '../menu/Menu';
import { ConditionField } from './ConditionField';
import { conditionNames, emptyRule, moved, type ConditionName, type NewRule } from './rules';

interface Props {
    value: NewRule[];
    onChange: (rules: NewRule[]) => void;
    error?: string | undefined;
}

/** The ordered rules of a link: the first whose conditions all hold is taken. */
export function RuleEditor({ value, onChange, error }: Props) {
    const set = (at: number, rule: NewRule) =>
        onChange(value.map((one, index) => (index === at ? rule : one)));
    return (
        <div class="stack-small">
            {value.length === 0 && <p class="soft small">{t.rules.none}</p>}
            <ol class="rules">
                {value.map((rule, at) => (
                    <li key={at}>
                        <RuleFields
                            rule={rule}
                            number={at + 1}
                            onChange={(changed) => set(at, changed)}
                            onRemove={() => onChange(value.filter((_, index) => index !== at))}
                            onUp={at > 0 ? () => onChange(moved(value, at, at - 1)) : undefined}
                            onDown={
                                at < value.length - 1 ? () => onChange(moved(value, at, at + 1)) : undefined
                            }
                        />
                    </li>
                ))}
            </ol>
            {error && (
                <p class="bad small" role="alert">
                    {error}
                </p>
            )}
            {value.length < 32 && (
                <button
                    type="button"
                    class="button small rules-add"
                    onClick={() => onChange([...value, emptyRule(value.map((rule) => rule.name))])}
                >
                    <Icon name="plus" />
                    {t.rules.add}
                </button>
            )}
        </div>
    );
}

interface RuleProps {
    rule: NewRule;
    number: number;
    onChange: (rule: NewRule) => void;
    onRemove: () => void;
    onUp: (() => void) | undefined;
    onDown: (() => void) | undefined;
}

function RuleFields({ rule, number, onChange, onRemove, onUp, onDown }: RuleProps) {
    const used = conditionNames.filter((name) => rule.if[name] !== undefined && rule.if[name] !== null);
    const setCondition = (values: Partial<NewRule['if']>) =>
        onChange({ ...rule, if: { ...rule.if, ...values } });
    const removeCondition = (name: ConditionName) => {
        const { [name]: _, ...others } = rule.if;
        onChange({ ...rule, if: others });
    };
    const first: Record<ConditionName, unknown> = {
        device: ['phone'],
        os: ['iOS'],
        browser: ['Safari'],
        language: [],
        country: [],
        query: [],
        days: ['sat', 'sun'],
        hours: ['09:00-18:00'],
        from: new Date().toISOString(),
        until: new Date().toISOString(),
        percent: 50,
    };
    return (
        <fieldset class="rule">
            <legend class="hidden">{t.rules.rule(number)}</legend>
            <div class="row">
                <span class="soft number" aria-hidden="true">
                    {number}
                </span>
                <input
                    class="input rule-name"
                    value={rule.name}
                    aria-label={t.rules.name}
                    maxLength={64}
                    onInput={(event) => onChange({ ...rule, name: event.currentTarget.value })}
                />
                <span class="grow" />
                <button
                    type="button"
                    class="button plain icon small"
                    aria-label={t.rules.up}
                    disabled={!onUp}
                    onClick={onUp}
                >
                    <Icon name="up" />
                </button>
                <button
                    type="button"
                    class="button plain icon small"
                    aria-label={t.rules.down}
                    disabled={!onDown}
                    onClick={onDown}
                >
                    <Icon name="down" />
                </button>
                <button
                    type="button"
                    class="button plain icon small"
                    aria-label={t.common.remove(rule.name)}
                    onClick={onRemove}
                >
                    <Icon name="trash" />
                </button>
            </div>
            <div class="stack-small">
                {used.map((name) => (
                    <div key={name} class="rule-condition">
                        <ConditionField name={name} rule={rule} onChange={setCondition} />
                        <button
                            type="button"
                            class="button plain icon small"
                            aria-label={t.common.remove(t.conditions[name])}
                            onClick={() => removeCondition(name)}
                        >
                            <Icon name="close" />
                        </button>
                    </div>
                ))}
                <div class="row">
                    <Menu
                        label={t.rules.addCondition}
                        buttonClass="button plain small"
                        face={
                            <>
                                <Icon name="plus" />
                                {t.rules.addCondition}
                            </>
                        }
                    >
                        {conditionNames
                            .filter((name) => !used.includes(name))
                            .map((name) => (
                                <MenuItem key={name} onChoose={() => setCondition({ [name]: first[name] })}>
                                    {t.conditions[name]}
                                </MenuItem>
                            ))}
                    </Menu>
                </div>
            </div>
            <TextField
                label={t.rules.target}
                type="url"
                value={rule.target}
                placeholder="https://"
                onChange={(target) => onChange({ ...rule, target })}
            />
        </fieldset>
    );
}
