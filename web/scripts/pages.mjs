// The pages of the interface, by name.
const link = process.env.TERSE_LINK ?? 'spring-sale';
export const pages = {
    home: '/',
    links: '/app/links',
    many: '/app/many',
    visits: `/app/links/${link}`,
    settings: `/app/links/${link}?tab=settings`,
    rules: `/app/links/${link}?tab=rules`,
    qr: `/app/links/${link}?tab=qr`,
    history: `/app/links/${link}?tab=history`,
    reports: '/app/reports',
    fleet: '/app/fleet',
    keys: '/app/settings/keys',
    tags: '/app/settings/tags',
    domains: '/app/settings/domains',
    blocks: '/app/settings/blocks',
    webhooks: '/app/settings/webhooks',
    complaints: '/app/settings/complaints',
    planner: '/app/settings/planner',
};
