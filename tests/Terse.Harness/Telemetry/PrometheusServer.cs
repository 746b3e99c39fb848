using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Terse.Harness;

/// <summary>
/// A Prometheus process that scrapes the metrics of Terse servers as the job <c>terse</c>, and evaluates
/// rules. Its data is in a temporary folder.
/// </summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentQueue<string> _log = [];
    private readonly HttpClient _http;
    private Process? _process;

    private PrometheusServer()
    {
        Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Find()}");
        _http = new HttpClient { BaseAddress = new Uri(Address) };
    }

    /// <summary>The URL of Prometheus, without a slash at the end.</summary>
    public string Address { get; }

    /// <summary>Starts Prometheus and waits until it answers queries.</summary>
    /// <param name="targets">
    /// The servers to scrape, as <c>host:port</c> or as the URL of <c>Telemetry:MetricsUrl</c>.
    /// </param>
    /// <param name="ruleFiles">The paths of the files with rules; they may be empty.</param>
    /// <param name="scrapeInterval">How often Prometheus reads the metrics of each server.</param>
    /// <param name="evaluationInterval">
    /// How often Prometheus evaluates rules, apart from groups with an interval of their own.
    /// </param>
    public static async Task<PrometheusServer> StartAsync(
        IReadOnlyList<string> targets,
        IReadOnlyList<string> ruleFiles,
        TimeSpan scrapeInterval,
        TimeSpan evaluationInterval)
    {
        var server = new PrometheusServer();
        try
        {
            await File.WriteAllTextAsync(
                server._folder["prometheus.yml"],
                $"""
                global:
                  scrape_interval: {Milliseconds(scrapeInterval)}
                  scrape_timeout: {Milliseconds(scrapeInterval)}
                  evaluation_interval: {Milliseconds(evaluationInterval)}
                rule_files: [{List(ruleFiles.Select(Path.GetFullPath))}]
                scrape_configs:
                  - job_name: terse
                    static_configs:
                      - targets: [{List(targets.Select(AuthorityOf))}]

                """);
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Evaluates an expression at the present time. The result is empty without series.</summary>
    /// <exception cref="InvalidOperationException">Prometheus refused the expression.</exception>
    public async Task<IReadOnlyList<PrometheusSample>> QueryAsync(string expression)
    {
        var data = await ReadAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}");
        var result = data.GetProperty("result");
        return data.GetProperty("resultType").GetString() switch
        {
            "vector" =>
            [
                .. from series in result.EnumerateArray()
                   select new PrometheusSample(
                       TextsOf(series.GetProperty("metric")), NumberOf(series.GetProperty("value"))),
            ],
            "scalar" => [new PrometheusSample(new Dictionary<string, string>(), NumberOf(result))],
            var type => throw new InvalidOperationException($"'{expression}' has a result of type {type}."),
        };
    }

    /// <summary>Returns the alerts that are pending or firing now.</summary>
    public async Task<IReadOnlyList<PrometheusAlert>> AlertsAsync()
    {
        var data = await ReadAsync("/api/v1/alerts");
        return [.. from alert in data.GetProperty("alerts").EnumerateArray()
                   let labels = TextsOf(alert.GetProperty("labels"))
                   select new PrometheusAlert(
                       labels["alertname"], alert.GetProperty("state").GetString() == "firing", labels)];
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _folder.Dispose();
    }

    private async Task StartAsync()
    {
        _process = Command.Start(
            "prometheus",
            [
                $"--config.file={_folder["prometheus.yml"]}",
                $"--storage.tsdb.path={_folder["data"]}",
                $"--web.listen-address={new Uri(Address).Authority}",
            ],
            _folder.Path);
        // A full pipe would block Prometheus, so both outputs are read.
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.IsTrueAsync(IsReadyAsync);
    }

    private void Keep(string? line)
    {
        if (line is not null)
            _log.Enqueue(line);
    }

    private async Task<bool> IsReadyAsync()
    {
        if (_process!.HasExited)
        {
            throw new InvalidOperationException(
                string.Create(CultureInfo.InvariantCulture, $"Prometheus ended: {string.Join('\n', _log)}"));
        }

        try
        {
            using var response = await _http.GetAsync(new Uri("/-/ready", UriKind.Relative));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Reads the field <c>data</c> of an answer of the HTTP API.</summary>
    private async Task<JsonElement> ReadAsync(string path)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative));
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonDocument.Parse(text).RootElement.GetProperty("data")
            : throw new InvalidOperationException($"{Uri.UnescapeDataString(path)}: {text}");
    }

    /// <summary>A value is a pair: the time as a number, and the value as text.</summary>
    private static double NumberOf(JsonElement pair) => pair[1].GetString() switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        var text => double.Parse(text!, CultureInfo.InvariantCulture),
    };

    private static Dictionary<string, string> TextsOf(JsonElement labels) =>
        labels.EnumerateObject().ToDictionary(
            label => label.Name, label => label.Value.GetString()!, StringComparer.Ordinal);

    private static string Milliseconds(TimeSpan interval) =>
        string.Create(CultureInfo.InvariantCulture, $"{interval.TotalMilliseconds:0}ms");

    private static string List(IEnumerable<string> texts) =>
        string.Join(", ", texts.Select(text => $"'{text}'"));

    private static string AuthorityOf(string target) =>
        target.Contains("://", StringComparison.Ordinal) ? new Uri(target).Authority : target;
}

/// <summary>The present value of a series.</summary>
/// <param name="Labels">The labels; the metric's name, if it has one, is the label <c>__name__</c>.</param>
/// <param name="Value">The value, which may be infinite or not a number.</param>
internal sealed record PrometheusSample(IReadOnlyDictionary<string, string> Labels, double Value)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{{{string.Join(", ", Labels.Select(label => $"{label.Key}={label.Value}"))}}} {Value}");
}

/// <summary>An alert whose expression has a result now.</summary>
/// <param name="Name">The name in the file of rules.</param>
/// <param name="IsFiring">False while the alert waits for the end of its <c>for</c>.</param>
/// <param name="Labels">The labels of the series and of the rule.</param>
internal sealed record PrometheusAlert(
    string Name, bool IsFiring, IReadOnlyDictionary<string, string> Labels);
