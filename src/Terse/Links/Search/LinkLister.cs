using Terse.Domains;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Lists links. A page reads candidates from one source in the order of the list, and keeps those that the
/// filter lets through. It reads a limited number of candidates (<see cref="ListLimits.MaxExamined"/>), so no
/// combination of filters takes long; a page may end early and say where the next one continues. A sample of
/// the links estimates which source has the fewest candidates.
/// </summary>
internal sealed class LinkLister(
    ILinkList store, LinkSamples samples, ListLimits limits, DomainMap domains, TimeProvider time)
{
    /// <summary>How many links a page reads at first, at least.</summary>
    private const int MinChunk = 64;

    private static readonly ListSource AllLinks = new ListSource.All();

    /// <summary>Returns one page of a list.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public async Task<LinkPage> ListAsync(
        ListQuery query, ListFreshness freshness, CancellationToken cancellationToken)
    {
        var plan = await PlanAsync(query, freshness, limits.MaxScattered, cancellationToken);
        if (plan.Source is ListSource.All && query.Order != ListOrder.Visits)
            plan = plan with { MaxExamined = limits.MaxExamined };
        if (query.Order == ListOrder.Visits)
        {
            return await TrySortAsync(plan, query, cancellationToken)
                ?? await ReadRankedAsync(plan, query, cancellationToken);
        }

        var page = await ReadPageAsync(plan, query, cancellationToken);
        return page.Links.All(link => link.HasNumbers)
            ? page
            : page with { Links = await AddNumbersAsync(page.Links, freshness, cancellationToken) };
    }

    private async Task<IReadOnlyList<ListedLink>> AddNumbersAsync(
        IReadOnlyList<ListedLink> links, ListFreshness freshness, CancellationToken cancellationToken)
    {
        var numbers = await store.ReadNumbersAsync(
            [.. links.Select(link => link.Id)], freshness, cancellationToken);
        return [.. links.Select(link => link.With(numbers.GetValueOrDefault(link.Id, LinkNumbers.None)))];
    }

    /// <summary>Counts the links that match, up to a limit.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public async Task<LinkCount> CountAsync(LinkFilter filter, CancellationToken cancellationToken)
    {
        var query = new ListQuery(filter, ListOrder.Newest, After: null, limits.MaxCounted);
        var plan = await PlanAsync(query, default, limits.MaxCounted, cancellationToken);
        var page = await ReadPageAsync(plan, query, cancellationToken);
        return new(page.Links.Count, page.Next is null && !page.IsIncomplete);
    }

    /// <param name="Source">The source of the candidates.</param>
    /// <param name="Range">The ids of the candidates, without regard to the cursor.</param>
    /// <param name="Share">The estimated share of the candidates that match; above 0.</param>
    /// <param name="ByCode">Links that match by their code and that the source may lack.</param>
    /// <param name="Candidates">The estimated number of candidates.</param>
    /// <param name="IsIncomplete">Whether the source may lack older links.</param>
    /// <param name="MaxExamined">How many candidates may be read.</param>
    /// <param name="Freshness">How recent the links must be.</param>
    /// <param name="Now">The time of the request.</param>
    private sealed record Plan(
        ListSource Source,
        IdRange Range,
        double Share,
        IReadOnlyList<ListedLink> ByCode,
        double Candidates,
        bool IsIncomplete,
        int MaxExamined,
        ListFreshness Freshness,
        DateTimeOffset Now)
    {
        public bool Matches(ListQuery query, ListedLink link) => query.Filter.Matches(link, Now);

        public int FirstChunk(int limit) =>
            (int)Math.Min(MaxExamined, Math.Max(MinChunk, ((limit + 1) * 1.25 / Share) + 1));

        /// <summary>
        /// A page that shows most of the links that it reads reads their numbers at once.
        /// </summary>
        public bool ReadsNumbers(LinkFilter filter) => filter.NeedsNumbers || Share > 0.5;
    }

    private async Task<Plan> PlanAsync(
        ListQuery query, ListFreshness freshness, int maxExamined, CancellationToken cancellationToken)
    {
        var (filter, now) = (query.Filter, time.GetUtcNow());
        var sample = await samples.GetAsync(cancellationToken);
        var plan = new Plan(
            AllLinks,
            await RangeOfAsync(filter, query.IsDescending, sample, cancellationToken),
            Share: 1,
            ByCode: [],
            sample.EstimatedLinks,
            IsIncomplete: false,
            maxExamined,
            freshness,
            now);
        if (filter == new LinkFilter() || plan.Range.IsEmpty)
            return plan;
        var all = sample.ShareOf(link => filter.Matches(link, now));
        plan = plan with { Share = Math.Max(all, 1e-9) };
        if (sample.EstimatedLinks <= limits.MaxExamined)
            return plan; // One page examines all links, also those that are not indexed yet.

        var tagged = await FindTaggedAsync(filter, cancellationToken);
        // The index reads all links of a term in a slice, so only rare terms help; the filter checks others.
        List<IndexTerm> terms = [.. IndexTerms.Of(filter)
            .Where(term => sample.ShareOf(link => link.HasTerm(term)) < limits.DenseShare)];
        var indexed = terms.Count == 0 ? 1 : sample.ShareOf(link => terms.All(link.HasTerm));
        if (tagged is var (source, links) && links <= indexed * sample.EstimatedLinks)
            return Take(source, links / sample.EstimatedLinks);
        if (indexed >= limits.DenseShare)
            return tagged is var (other, count) ? Take(other, count / sample.EstimatedLinks) : plan;
        return Take(new ListSource.Indexed(terms), indexed) with
        {
            ByCode = await FindByCodeAsync(filter.Text, freshness, cancellationToken),
        };

        Plan Take(ListSource source, double share) => plan with
        {
            Source = source,
            Share = share <= all ? 1 : Math.Max(all / share, 1e-9),
            Candidates = share * sample.EstimatedLinks,
            IsIncomplete = !sample.IsComplete,
        };
    }

    /// <summary>
    /// Narrows the ids to those of the links that were created in the filter's range of time. The links of
    /// the last hours may not be indexed yet, so the range includes all newer ids.
    /// </summary>
    private async Task<IdRange> RangeOfAsync(
        LinkFilter filter, bool isDescending, LinkSample sample, CancellationToken cancellationToken)
    {
        var everything = new IdRange(long.MinValue + 1, long.MaxValue - 1, isDescending);
        if ((filter.CreatedFrom is null && filter.CreatedUntil is null) || !sample.IsComplete)
            return everything;
        var firstHour = filter.CreatedFrom is { } from ? HourOf(from) : long.MinValue;
        var lastHour = filter.CreatedUntil is { } until ? HourOf(until) : long.MaxValue;
        var created = await store.FindCreatedAsync(firstHour, lastHour, cancellationToken);
        var mayBeNewer = created.NewestHour is not { } newest || lastHour >= newest - 1;
        var (first, last) = (created.First ?? long.MaxValue - 1, created.Last ?? long.MinValue + 1);
        return everything with
        {
            First = created.First is null && mayBeNewer ? everything.First : first,
            Last = mayBeNewer ? everything.Last : last,
        };
    }

    private static long HourOf(DateTimeOffset instant) =>
        (long)Math.Floor(instant.ToUnixTimeMilliseconds() / 3_600_000.0);

    /// <summary>
    /// Finds the source of the filter's rarest tag, or of the tags of which a link needs one. Returns null if
    /// the filter requires no tag.
    /// </summary>
    private async Task<(ListSource Source, double Links)?> FindTaggedAsync(
        LinkFilter filter, CancellationToken cancellationToken)
    {
        var anyTags = filter.AnyTags.Count > 0 ? filter.AnyTags : filter.VisibleTags;
        if (filter.AllTags.Count + anyTags.Count == 0)
            return null;
        var found = await store.FindTagsAsync([.. filter.AllTags, .. anyTags], cancellationToken);
        var tags = found.ToDictionary(tag => tag.Folded, StringComparer.Ordinal);
        List<Tag> any = [.. anyTags.Where(tags.ContainsKey).Select(tag => tags[tag])];
        (ListSource, double)? best = anyTags.Count == 0 ? null
            : (new ListSource.Tagged([.. any.Select(tag => tag.Id)]), any.Sum(tag => (double)tag.Links));
        foreach (var name in filter.AllTags)
        {
            if (!tags.TryGetValue(name, out var tag))
                return (new ListSource.Tagged([]), 0);
            if (best is not var (_, links) || tag.Links < links)
                best = (new ListSource.Tagged([tag.Id]), tag.Links);
        }

        return best;
    }

    private async Task<IReadOnlyList<ListedLink>> FindByCodeAsync(
        SearchText? text, ListFreshness freshness, CancellationToken cancellationToken)
    {
        List<LinkName> names = [.. (text?.Parts ?? [])
            .Where(part => CustomCode.CouldBeCode(part.Text))
            .SelectMany(part => domains.All.Select(domain => new LinkName(domain, part.Text)))
            .Distinct()];
        return names.Count == 0 ? [] : await store.FindAsync(names, freshness, cancellationToken);
    }

    private async Task<LinkPage> ReadPageAsync(
        Plan plan, ListQuery query, CancellationToken cancellationToken)
    {
        var range = query.After is { } after ? Narrow(plan.Range, after.Id) : plan.Range;
        var found = new List<ListedLink>();
        ListPosition? next = null;
        var chunk = plan.FirstChunk(query.Limit);
        for (var examined = 0; !range.IsEmpty && found.Count <= query.Limit;)
        {
            var rows = await store.ReadAsync(
                new(plan.Source, range, chunk, plan.ReadsNumbers(query.Filter)),
                plan.Freshness,
                cancellationToken);
            found.AddRange(rows.Where(row => plan.Matches(query, row)));
            examined += rows.Count;
            if (rows.Count < chunk)
                break;
            range = range.After(rows[^1].Id);
            chunk = Math.Min(chunk * 2, plan.MaxExamined - examined);
            if (chunk <= 0)
            {
                next = query.PositionOf(rows[^1]);
                break;
            }
        }

        return Cut(found, next, plan, query);
    }

    private static IdRange Narrow(IdRange range, long after) => range.IsDescending
        ? range with { Last = Math.Min(range.Last, after - 1) }
        : range with { First = Math.Max(range.First, after + 1) };

    /// <summary>
    /// Adds the links that match by their codes and lie inside of the page, and cuts the page to its limit.
    /// </summary>
    private static LinkPage Cut(List<ListedLink> found, ListPosition? next, Plan plan, ListQuery query)
    {
        var more = plan.ByCode.Where(link => plan.Matches(query, link)).Where(link =>
            (query.After is not { } after || query.IsAfter(query.PositionOf(link), after))
            && (next is not { } end || !query.IsAfter(query.PositionOf(link), end)));
        var links = found.Concat(more).DistinctBy(link => link.Id);
        List<ListedLink> sorted = query.IsDescending
            ? [.. links.OrderByDescending(query.PositionOf)]
            : [.. links.OrderBy(query.PositionOf)];
        if (sorted.Count > query.Limit)
        {
            sorted = sorted[..query.Limit];
            next = query.PositionOf(sorted[^1]);
        }

        return new(sorted, next, plan.IsIncomplete);
    }

    /// <summary>
    /// Sorts all candidates by their visits, if they are few. Returns null if they are too many.
    /// </summary>
    private async Task<LinkPage?> TrySortAsync(
        Plan plan, ListQuery query, CancellationToken cancellationToken)
    {
        if (plan.Source is ListSource.All || plan.Candidates > 2.0 * plan.MaxExamined)
            return null;
        var rows = await store.ReadAsync(
            new(plan.Source, plan.Range, plan.MaxExamined, WithNumbers: true),
            plan.Freshness,
            cancellationToken);
        if (rows.Count == plan.MaxExamined)
            return null;
        List<ListedLink> found = [.. rows.Where(row => plan.Matches(query, row)
            && (query.After is not { } after || query.IsAfter(query.PositionOf(row), after)))];
        return Cut(found, next: null, plan, query);
    }

    /// <summary>
    /// Reads links in the order of their visits, and then those without visits in the order of their ids.
    /// </summary>
    private async Task<LinkPage> ReadRankedAsync(
        Plan plan, ListQuery query, CancellationToken cancellationToken)
    {
        var position = query.After ?? new(long.MaxValue, long.MaxValue);
        var found = new List<ListedLink>();
        var chunk = plan.FirstChunk(query.Limit);
        var examined = 0;
        while (found.Count <= query.Limit && examined < plan.MaxExamined)
        {
            chunk = Math.Min(chunk, plan.MaxExamined - examined);
            var isRanked = position.Rank > 0;
            var rows = isRanked
                ? await store.ReadRankedAsync(position, chunk, plan.Freshness, cancellationToken)
                : await store.ReadAsync(
                    new(AllLinks, Narrow(plan.Range, position.Id), chunk, WithNumbers: true),
                    plan.Freshness,
                    cancellationToken);
            found.AddRange(rows.Where(row => row.Numbers.Rank > 0 == isRanked && plan.Matches(query, row)));
            examined += rows.Count;
            var isEnd = rows.Count < chunk;
            if (isEnd && !isRanked)
                return Cut(found, next: null, plan, query);
            position = isEnd ? new(0, long.MaxValue) : new(isRanked ? rows[^1].Numbers.Rank : 0, rows[^1].Id);
            chunk *= 2;
        }

        return Cut(found, position, plan, query);
    }
}
