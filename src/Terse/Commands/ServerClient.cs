using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Terse.Fleet;

namespace Terse.Commands;

/// <summary>Contains the only field of a link that the commands read from a response.</summary>
internal sealed record LinkAnswer(string? ShortUrl);

/// <summary>Contains the only field that the commands read from an error response.</summary>
internal sealed record ProblemAnswer(string? Detail);

/// <remarks>Unknown fields are ignored, because the server may be newer than this command.</remarks>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(LinkAnswer))]
[JsonSerializable(typeof(ProblemAnswer))]
[JsonSerializable(typeof(FleetResource))]
[JsonSerializable(typeof(LagResource))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ServerAnswerJson : JsonSerializerContext;

/// <param name="Response">The response; null if there is none.</param>
/// <param name="Error">The error message; null if the response can be read.</param>
/// <param name="IsFinal">Whether the same request would get the same error.</param>
internal sealed record OpenedAnswer(HttpResponseMessage? Response, string? Error, bool IsFinal) : IDisposable
{
    public void Dispose() => Response?.Dispose();
}

/// <summary>
/// Calls the API of a Terse server. Every failure becomes an error message for the user of the command.
/// </summary>
internal sealed class ServerClient : IDisposable
{
    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _http;

    /// <summary>The environment variable with the API key; without it, requests have no key.</summary>
    private const string KeyVariable = "TERSE_API_KEY";

    /// <summary>More bytes than any answer of a Terse server has.</summary>
    private const int MaxAnswer = 64 * 1024 * 1024;

    public ServerClient(Uri server, int maxConnections)
    {
        _handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = maxConnections,
            AllowAutoRedirect = false,
        };
        _http = new HttpClient(_handler)
        {
            BaseAddress = server,
            Timeout = TimeSpan.FromSeconds(30),
            MaxResponseContentBufferSize = MaxAnswer,
        };
        if (Environment.GetEnvironmentVariable(KeyVariable)?.Trim() is { Length: > 0 } key)
            _http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {key}");
    }

    /// <summary>The error message for an answer that does not have the format of the Terse API.</summary>
    public string NotTerseError => $"{_http.BaseAddress} did not answer like a Terse server; check the URL.";

    /// <summary>
    /// Sends a request. Returns either the answer or an error message; the other value is null.
    /// </summary>
    public Task<(T? Answer, string? Error)> SendAsync<T>(
        HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class =>
        SendAsync<T>(
            request,
            async content => await content.ReadFromJsonAsync(type, cancellationToken) is { } answer
                ? (answer, null)
                : (null, NotTerseError),
            cancellationToken);

    /// <summary>
    /// Sends a request whose answer has no body. Returns an error message, or null after success.
    /// </summary>
    public async Task<string?> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var (_, error) = await SendAsync<string>(
            request, _ => Task.FromResult<(string?, string?)>((null, null)), cancellationToken);
        return error;
    }

    /// <summary>Opens a response that the server sends without an end.</summary>
    public async Task<OpenedAnswer> OpenAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage? response = null;
        try
        {
            response = await _http.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode)
                return new(response, null, IsFinal: false);
            var isFinal = response.StatusCode < HttpStatusCode.InternalServerError;
            return new(response, await ExplainAsync(response, cancellationToken), isFinal);
        }
        catch (Exception exception) when (Explain(exception, cancellationToken) is { } error)
        {
            return new(response, error, IsFinal: response is not null);
        }
    }

    private async Task<(T? Answer, string? Error)> SendAsync<T>(
        HttpRequestMessage request,
        Func<HttpContent, Task<(T?, string?)>> readAsync,
        CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode)
                return await readAsync(response.Content);

            return (null, await ExplainAsync(response, cancellationToken));
        }
        catch (Exception exception) when (Explain(exception, cancellationToken) is { } error)
        {
            return (null, error);
        }
    }

    private async Task<string> ExplainAsync(
        HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var problem = await response.Content.ReadFromJsonAsync(
            ServerAnswerJson.Default.ProblemAnswer, cancellationToken);
        var status = (int)response.StatusCode;
        return problem?.Detail
            ?? $"{_http.BaseAddress} answered with status {status} and without an explanation.";
    }

    /// <summary>The error message for an exception; null if the exception is not about the server.</summary>
    private string? Explain(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        HttpRequestException => $"{_http.BaseAddress} cannot be reached: {exception.Message}",
        JsonException or InvalidOperationException => NotTerseError,
        TaskCanceledException when !cancellationToken.IsCancellationRequested =>
            $"{_http.BaseAddress} did not answer within {_http.Timeout.TotalSeconds:0} s.",
        _ => null,
    };

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }
}
