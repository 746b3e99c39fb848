using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>
/// A server and commands whose shared configuration is an object of an S3 store. Disposal deletes their
/// files.
/// </summary>
/// <param name="endpoint">The URL of the store.</param>
/// <param name="credentials">The environment variables of all processes.</param>
internal sealed class S3Installation(
    string endpoint, (string Name, string? Value)[] credentials) : IDisposable
{
    /// <summary>The key of the configuration in <see cref="S3Server.BucketName"/>.</summary>
    public const string Key = "fleet/terse.json";

    private readonly TemporaryFolder _folder = new();

    private string[] Source =>
    [
        "--Config:Source", $"s3://{S3Server.BucketName}/{Key}",
        "--Config:Endpoint", endpoint,
        "--Config:Interval", "00:00:01",
    ];

    public void Dispose() => _folder.Dispose();

    /// <summary>Returns a configuration with the header of redirects.</summary>
    public static string Document(string cacheControl) =>
        $$"""{ "Redirects": { "CacheControl": "{{cacheControl}}" } }""";

    public Task<TerseProcess> ServeAsync() => TerseProcess.StartAsync(
        Repository.Program,
        ServeArguments,
        _folder.Path,
        credentials);

    /// <summary>Runs a server that must not start.</summary>
    public Task<CommandResult> TryServeAsync() => Command.RunAsync(
        Repository.Program, ServeArguments, folder: _folder.Path, environment: credentials);

    /// <summary>Runs <c>terse config</c>.</summary>
    public Task<CommandResult> RunAsync(string command, params string[] arguments) => Command.RunAsync(
        Repository.Program,
        ["config", command, .. arguments, .. Source],
        folder: _folder.Path,
        environment: credentials);

    /// <summary>Runs <c>terse config publish</c> with a document.</summary>
    public async Task<CommandResult> PublishAsync(string document, string? version = null)
    {
        var file = _folder[Path.GetRandomFileName()];
        await File.WriteAllTextAsync(file, document);
        return await RunAsync("publish", version is null ? [file] : [file, "--base", version]);
    }

    /// <summary>Returns the version of the configuration in the store.</summary>
    public async Task<string> ReadVersionAsync()
    {
        var read = await RunAsync("get");
        Assert.Equal(0, read.ExitCode);
        return read.Errors.Split(' ')[^1].Trim();
    }

    /// <summary>Returns the header of the redirect of a code.</summary>
    public static async Task<string?> ReadCacheControlAsync(TerseProcess server, string code)
    {
        using var response = await server.Http.GetAsync(new Uri(code, UriKind.Relative));
        return response.Headers.NonValidated["Cache-Control"].ToString();
    }

    private string[] ServeArguments =>
    [
        "serve", "--urls", "http://127.0.0.1:0", "--data", _folder["data"], "--Drain:Delay", "00:00:00",
        .. Source,
    ];
}
