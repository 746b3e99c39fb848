import type { Link } from '../../api/links';
import { linkPath, setQuery } from '../../app/router';
import { Chip, StateMark } from '../../parts/chip/Chip';
import { CopyButton } from '../../parts/copy';
import { Icon } from '../../parts/icon/Icon';
import { Menu, MenuItem, MenuLine } from '../../parts/menu/Menu';
import { t } from '../../text';
import { dateTime, number, relative } from '../../text/format';
import type { BulkAction } from './bulk';
import { mayChange } from '../../app/session';

interface Props {
    link: Link;
    index: number;
    height: number;
    selected: boolean;
    focusable: boolean;
    onFocus: () => void;
    onSelect: (isRange: boolean) => void;
    onEdit: () => void;
    onAct: (action: BulkAction) => void;
}

export function Row({ link, index, height, selected, focusable, onFocus, onSelect, onEdit, onAct }: Props) {
    const visits = (link.visits?.total ?? 0) - (link.visits?.bots ?? 0);
    const short = link.shortUrl.replace(/^https?:\/\//, '');
    const tags = link.tags ?? [];
    return (
        <div
            role="row"
            class="grid-row"
            data-index={index}
            aria-rowindex={index + 2}
            aria-selected={selected}
            tabIndex={focusable ? 0 : -1}
            style={{ height: `${height}px` }}
            onFocus={onFocus}
        >
            <span role="gridcell" class="grid-check">
                <input
                    type="checkbox"
                    checked={selected}
                    tabIndex={-1}
                    aria-label={t.links.select(link.code)}
                    onClick={(event) => onSelect(event.shiftKey)}
                />
            </span>
            <span role="gridcell" class="grid-name">
                <span class="row">
                    <a href={linkPath(link)} class="grid-code cut" tabIndex={-1}>
                        {link.title ?? short}
                    </a>
                    {link.hasPassword && (
                        <span class="soft" title={t.fields.password}>
                            <Icon name="lock" size={13} />
                        </span>
                    )}
                    {(link.rules?.length ?? 0) > 0 && (
                        <span class="soft" title={t.rules.title}>
                            <Icon name="branch" size={13} />
                        </span>
                    )}
                    <CopyButton
                        text={link.shortUrl}
                        label={t.links.copy(link.code)}
                        className="button plain icon small grid-copy"
                    />
                </span>
                <span class="soft small cut">
                    {link.title && `${link.code} → `}
                    {link.target.replace(/^https?:\/\//, '')}
                </span>
            </span>
            <span role="gridcell" class="grid-tags">
                {tags.slice(0, 2).map((tag) => (
                    <button
                        key={tag}
                        type="button"
                        class="grid-tag"
                        tabIndex={-1}
                        title={t.filters.tag(tag)}
                        onClick={() => setQuery({ tag })}
                    >
                        <Chip>{tag}</Chip>
                    </button>
                ))}
                {tags.length > 2 && (
                    <span class="soft small" title={tags.slice(2).join(', ')}>
                        +{tags.length - 2}
                    </span>
                )}
            </span>
            <span role="gridcell" class="grid-visits number end">
                {number(visits)}
                <span class="grid-unit soft"> {t.links.visitsHead}</span>
            </span>
            <span role="gridcell" class="grid-age soft small" title={dateTime(link.createdAt)}>
                {relative(link.createdAt)}
            </span>
            <span role="gridcell" class="grid-state">
                <StateMark state={link.state ?? 'active'} />
            </span>
            <span role="gridcell" class="grid-menu">
                <Menu
                    label={t.links.actionsOf(link.code)}
                    face={<Icon name="more" />}
                    buttonClass="button plain icon small"
                >
                    <MenuItem href={linkPath(link)}>{t.home.details}</MenuItem>
                    {mayChange(link) && <MenuItem onChoose={onEdit}>{t.common.edit}</MenuItem>}
                    {mayChange(link) && (
                        <MenuItem onChoose={() => onAct({ kind: 'enable', enabled: !link.enabled })}>
                            {link.enabled ? t.bulk.disable : t.bulk.enable}
                        </MenuItem>
                    )}
                    {mayChange(link) && <MenuLine />}
                    {mayChange(link) && (
                        <MenuItem danger onChoose={() => onAct({ kind: 'delete' })}>
                            {t.common.delete}
                        </MenuItem>
                    )}
                </Menu>
            </span>
        </div>
    );
}
