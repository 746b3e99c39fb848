const paths = {
    home: 'M2.5 7.2 8 2.5l5.5 4.7v6.3h-4v-4h-3v4h-4z',
    link: 'M6.6 9.4a2.6 2.6 0 0 0 3.8.1l2.3-2.3a2.6 2.6 0 0 0-3.7-3.7L8 4.5M9.4 6.6a2.6 2.6 0 0 0-3.8-.1L3.3 8.8A2.6 2.6 0 0 0 7 12.5l1-1',
    chart: 'M2.5 13.5h11M4.5 11V8M8 11V3.5M11.5 11V6',
    fleet: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01',
    settings:
        'M2.5 4.5h5M11.5 4.5h2M2.5 11.5h2M8.5 11.5h5M9.5 6.3a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6zM6.5 13.3a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z',
    search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.2 3.2',
    copy: 'M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1',
    check: 'M3 8.5 6.5 12 13 4.5',
    close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
    plus: 'M8 3v10M3 8h10',
    more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
    down: 'M4 6l4 4 4-4',
    edit: 'M3 13l.6-2.8L10.8 3 13 5.2 5.8 12.4zM9.3 4.5l2.2 2.2',
    trash: 'M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9',
    share: 'M8 9.5v-7M5.5 4.8 8 2.3l2.5 2.5M3.5 8v5.5h9V8',
    qr: 'M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h1.5v1.5M13.5 9.5v4h-2.5',
    open: 'M9 3h4v4M13 3 7.5 8.5M11.5 9.5v3.5h-8.5V5H7',
    filter: 'M2.5 4h11M4.5 8h7M6.5 12h3',
    sun: 'M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1',
    upload: 'M8 10.5v-8M5 5.5l3-3 3 3M2.5 10v3.5h11V10',
    lock: 'M3.5 7.5h9v6h-9zM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2',
    clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.5',
    up: 'M4 10l4-4 4 4',
    menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
    user: 'M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM2.8 13.7a5.4 5.4 0 0 1 10.4 0',
    branch: 'M2.5 8h3.5l5-4h2.5M6 8l5 4h2.5M11.5 2l2 2-2 2M11.5 10l2 2-2 2',
    download: 'M8 2.5v8M5 7.5l3 3 3-3M2.5 10v3.5h11V10',
    undo: 'M6 3 3 6l3 3M3 6h6.5a3.5 3.5 0 0 1 0 7H6',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
    return (
        <svg
            width={size}
            height={size}
            viewBox="0 0 16 16"
            fill="none"
            stroke="currentColor"
            stroke-width={name === 'more' ? 2 : 1.4}
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d={paths[name]} />
        </svg>
    );
}
