using System.Runtime.InteropServices;
using Terse.Links;

namespace Terse.Bench;

/// <summary>
/// The rows that the background of Terse would write for the links, gathered while the links are stored in
/// bulk. Indexing them with Terse itself would take hours.
/// </summary>
internal sealed class ListRows
{
    private readonly Dictionary<string, TagRow> _tags = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, (long First, long Last)> _hours = [];
    private readonly SortedDictionary<long, long> _sample = [];

    private readonly IndexSlices _slices = new([], ListLimits.Default.SliceLinks);

    public IEnumerable<TagRow> Tags => _tags.Values;

    public IEnumerable<IndexSlice> Slices => _slices.Changed;

    public IEnumerable<(long Hour, long First, long Last)> Hours =>
        _hours.Select(hour => (hour.Key, hour.Value.First, hour.Value.Last));

    public IEnumerable<KeyValuePair<long, long>> Sample => _sample;

    /// <summary>Adds a link, and returns the mark of its slice.</summary>
    public char Add(Link link, long visits)
    {
        var id = link.Id.ToInt64();
        foreach (var name in link.Settings.Tags ?? [])
        {
            ref var tag = ref CollectionsMarshal.GetValueRefOrAddDefault(_tags, name, out _);
            tag ??= new(_tags.Count, name);
            tag.Links.Add((id, visits));
        }

        var hour = link.CreatedAt.ToUnixTimeMilliseconds() / 3_600_000;
        _hours[hour] = _hours.TryGetValue(hour, out var range) ? (range.First, id) : (id, id);
        _sample[LinkSample.Hash(id)] = id;
        if (_sample.Count > LinkSample.MaxLinks * 4)
            TrimSample();
        return _slices.MarkFor(id, isNew: true);
    }

    public void TrimSample()
    {
        foreach (var hash in _sample.Keys.Skip(LinkSample.MaxLinks).ToList())
            _sample.Remove(hash);
    }

    internal sealed record TagRow(long Id, string Name)
    {
        public List<(long Link, long Visits)> Links { get; } = [];

        public long Visits => Links.Sum(link => link.Visits);
    }
}
