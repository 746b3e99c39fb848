using Terse.Bench;

// Each benchmark measures the published program from outside, as a client sees it. The program's path is the
// only argument; bench/run publishes it and calls this.
if (args is not [var program] || !File.Exists(program))
{
    await Console.Error.WriteLineAsync("usage: Terse.Bench PROGRAM (bench/run calls it)");
    return 2;
}

var table = new ResultTable();
table.Add(await StartBenchmark.RunAsync(program));
table.Add(await MemoryBenchmark.RunAsync(program));
table.Add(await CreateBenchmark.RunAsync(program));
table.Write(Console.Out);
return 0;
