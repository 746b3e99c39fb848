import { useState } from 'preact/hooks';
import { write } from '../../app/preferences';
import { setQuery } from '../../app/router';
import { t } from '../../text';
import { Dialog } from '../dialog/Dialog';
import { CheckField, TextField } from '../field/Field';
import { Icon } from '../icon/Icon';
import { ZoneField } from '../rules/ConditionField';
import { dayBefore, presets, type Range } from './range';

/** Which time a report covers, whether bots count, and what to compare with. */
export function RangeBar({ range }: { range: Range }) {
    const [open, setOpen] = useState(false);
    return (
        <div class="range">
            <div class="range-presets" role="group" aria-label={t.report.range}>
                {presets.map((preset) => (
                    <button
                        key={preset}
                        type="button"
                        class="button small plain"
                        aria-pressed={range.preset === preset}
                        onClick={() => setQuery({ range: preset, from: null, to: null })}
                    >
                        {t.ranges[preset]}
                    </button>
                ))}
                <button
                    type="button"
                    class="button small plain"
                    aria-pressed={range.preset === 'custom'}
                    onClick={() => setOpen(true)}
                >
                    {range.preset === 'custom'
                        ? t.ranges.chosen(range.from.slice(0, 10), range.to.slice(0, 10))
                        : t.ranges.custom}
                </button>
            </div>
            <button
                type="button"
                class="button small plain"
                aria-pressed={range.compare}
                onClick={() => setQuery({ compare: range.compare ? null : 'true' })}
            >
                {t.report.compare}
            </button>
            <button
                type="button"
                class="button small plain"
                aria-pressed={range.bots}
                onClick={() => setQuery({ bots: range.bots ? null : 'true' })}
            >
                {t.report.bots}
            </button>
            <button type="button" class="button small plain" onClick={() => setOpen(true)}>
                <Icon name="clock" size={14} />
                {range.zone}
            </button>
            {open && <RangeDialog range={range} onClose={() => setOpen(false)} />}
        </div>
    );
}

function RangeDialog({ range, onClose }: { range: Range; onClose: () => void }) {
    const [from, setFrom] = useState(range.from.slice(0, 10) || dayBefore(new Date(), range.zone, 29));
    const [to, setTo] = useState(range.to.slice(0, 10) || dayBefore(new Date(), range.zone, 0));
    const [zone, setZone] = useState(range.zone);
    const [isCustom, setCustom] = useState(range.preset === 'custom');
    const apply = (event: Event) => {
        event.preventDefault();
        write('zone', zone);
        setQuery({ zone, ...(isCustom ? { range: null, from, to } : {}) });
        onClose();
    };
    const choose = (set: (value: string) => void) => (value: string) => {
        setCustom(true);
        set(value);
    };
    return (
        <Dialog title={t.report.range} onClose={onClose}>
            <form class="stack" onSubmit={apply}>
                <CheckField label={t.report.ownDays} value={isCustom} onChange={setCustom} />
                <div class="pair">
                    <TextField label={t.report.from} type="date" value={from} onChange={choose(setFrom)} />
                    <TextField label={t.report.to} type="date" value={to} onChange={choose(setTo)} />
                </div>
                <ZoneField value={zone} onChange={setZone} />
                <div class="dialog-end">
                    <button type="button" class="button" onClick={onClose}>
                        {t.common.cancel}
                    </button>
                    <button class="button main" disabled={isCustom && (from === '' || to < from)}>
                        {t.filters.apply}
                    </button>
                </div>
            </form>
        </Dialog>
    );
}
