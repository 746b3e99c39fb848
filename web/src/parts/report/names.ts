import { language, t } from '../../text';
import { region } from '../../text/format';
import type { Group } from './VisitReport';
import type { Unit } from './range';

/** What a value of a grouping is called. */
export function groupName(group: Group, value: string): string {
    if (value === '')
        return group === 'referrer' ? t.report.direct : group === 'rule' ? t.report.noRule : t.report.unknown;
    if (value === '(other)') return t.report.other;
    if (group === 'country') return region(value);
    if (group === 'device') return (t.values as Record<string, string>)[value] ?? value;
    return value;
}

/** The name of a bar of time. Its value is in the zone of the report already, so no zone is applied again. */
export function periodLabel(value: string, unit: Unit, short = false): string {
    const at = new Date(`${value.slice(0, 10)}T${value.slice(11, 16) || '00:00'}Z`);
    const options: Intl.DateTimeFormatOptions =
        unit === 'hour'
            ? short
                ? { hour: 'numeric', minute: '2-digit' }
                : { dateStyle: 'medium', timeStyle: 'short' }
            : unit === 'month'
              ? { year: 'numeric', month: short ? 'short' : 'long' }
              : short
                ? { month: 'short', day: 'numeric' }
                : { dateStyle: 'full' };
    const text = new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' }).format(at);
    return unit === 'week' && !short ? t.report.weekOf(text) : text;
}
