using Terse.Bench;

// The benchmarks measure the published Terse server over HTTP, as a client sees it. Only the benchmark of ids
// runs in this process. The script bench/run publishes the server and passes its path and the benchmarks'
// names.
if (args is [BareServer.Argument or CollectorServer.Argument])
{
    await (args[0] == BareServer.Argument ? BareServer.ServeAsync() : CollectorServer.ServeAsync());
    return 0;
}

var benchmarks = new Dictionary<string, Func<string, Task<IEnumerable<Result>>>>(StringComparer.Ordinal)
{
    ["ids"] = _ => Task.FromResult(IdBenchmark.Run()),
    ["start"] = StartBenchmark.RunAsync,
    ["memory"] = MemoryBenchmark.RunAsync,
    ["create"] = CreateBenchmark.RunAsync,
    ["redirect"] = RedirectBenchmark.RunAsync,
    ["telemetry"] = TelemetryBenchmark.RunAsync,
    ["pause"] = PauseBenchmark.RunAsync,
    ["growth"] = GrowthBenchmark.RunSqliteAsync,
    ["postgres-growth"] = GrowthBenchmark.RunPostgresAsync,
    ["postgres-create"] = PostgresCreateBenchmark.RunAsync,
    ["postgres-lookup"] = PostgresLookupBenchmark.RunAsync,
    ["flood"] = FloodBenchmark.RunAsync,
    ["access"] = AccessBenchmark.RunAsync,
    ["events"] = EventsBenchmark.RunAsync,
    ["lists"] = ListsBenchmark.Find("lists")!,
};

if (args is not [var program, .. var names] || !File.Exists(program)
    || names.Any(name => Find(name) is null))
{
    await Console.Error.WriteLineAsync(
        $"usage: bench/run [{string.Join('|', benchmarks.Keys)}|lists=LINKS|versions=PROGRAM]...");
    return 2;
}

var table = new ResultTable();
foreach (var name in names.Length == 0 ? [.. benchmarks.Keys] : names)
    table.Add(await Find(name)!(program));
table.Write(Console.Out);
return 0;

Func<string, Task<IEnumerable<Result>>>? Find(string name) =>
    benchmarks.GetValueOrDefault(name) ?? ListsBenchmark.Find(name) ?? VersionsBenchmark.Find(name);
