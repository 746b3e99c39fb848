using System.Globalization;
using System.Text;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>The panels of one cause, with their values before it.</summary>
internal sealed class WatchedPanels(PrometheusServer prometheus, string instance)
{
    private readonly List<(PanelMove Move, string Query, QueryResult Before)> _waiting = [];

    /// <summary>Reads the values of all queries of some panels.</summary>
    /// <param name="prometheus">The Prometheus that runs the queries.</param>
    /// <param name="moves">The panels.</param>
    /// <param name="instance">The value of the variable <c>$instance</c>.</param>
    public static async Task<WatchedPanels> ReadAsync(
        PrometheusServer prometheus, IEnumerable<PanelMove> moves, string instance)
    {
        var watched = new WatchedPanels(prometheus, instance);
        foreach (var move in moves)
        {
            foreach (var query in move.Panel.Queries)
            {
                var before = await QueryResult.ReadAsync(prometheus, query, instance);
                watched._waiting.Add((move, query, before));
            }
        }

        return watched;
    }

    /// <summary>Waits until every query has moved as its panel requires.</summary>
    public async Task HaveMovedAsync()
    {
        Assert.NotEmpty(_waiting);
        try
        {
            await Eventually.IsTrueAsync(async () =>
            {
                foreach (var waiting in _waiting.ToList())
                {
                    var after = await QueryResult.ReadAsync(prometheus, waiting.Query, instance);
                    if (waiting.Move.HasMoved(waiting.Before, after))
                        _waiting.Remove(waiting);
                }

                return _waiting.Count == 0;
            });
        }
        catch (OperationCanceledException)
        {
            Assert.Fail(await DescribeAsync());
        }
    }

    private async Task<string> DescribeAsync()
    {
        var text = new StringBuilder("These panels did not move:\n");
        foreach (var (move, query, before) in _waiting)
        {
            var after = await QueryResult.ReadAsync(prometheus, query, instance);
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{move.Panel} ({move.Cause})\n  {query}\n  before: {before}\n  after: {after}");
        }

        return text.ToString();
    }
}
