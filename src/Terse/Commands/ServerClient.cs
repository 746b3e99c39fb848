using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Terse.Fleet;

namespace Terse.Commands;

/// <summary>The fields of a link that the commands need.</summary>
internal sealed record LinkAnswer(string? ShortUrl);

/// <summary>The fields of a problem that the commands need.</summary>
internal sealed record ProblemAnswer(string? Detail);

/// <remarks>Unknown fields are ignored, because a server may be newer than its client.</remarks>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(LinkAnswer))]
[JsonSerializable(typeof(ProblemAnswer))]
[JsonSerializable(typeof(FleetResource))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ServerAnswerJson : JsonSerializerContext;

/// <summary>
/// Calls a server's API. Every failure becomes an error message for the user of the command.
/// </summary>
internal sealed class ServerClient : IDisposable
{
    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _http;

    public ServerClient(Uri server, int maxConnections)
    {
        _handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = maxConnections,
            AllowAutoRedirect = false,
        };
        _http = new HttpClient(_handler) { BaseAddress = server, Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>The error if an answer has an unexpected form.</summary>
    public string NotTerseError => $"{_http.BaseAddress} did not answer like a Terse server; check the URL.";

    /// <summary>Sends a request. Returns either an answer or an error; the other one is null.</summary>
    public async Task<(T? Answer, string? Error)> SendAsync<T>(
        HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return await response.Content.ReadFromJsonAsync(type, cancellationToken) is { } answer
                    ? (answer, null)
                    : (null, NotTerseError);
            }

            var problem = await response.Content.ReadFromJsonAsync(
                ServerAnswerJson.Default.ProblemAnswer, cancellationToken);
            var status = (int)response.StatusCode;
            return (null, problem?.Detail
                ?? $"{_http.BaseAddress} answered with status {status} and without an explanation.");
        }
        catch (HttpRequestException exception)
        {
            return (null, $"{_http.BaseAddress} cannot be reached: {exception.Message}");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return (null, NotTerseError);
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"{_http.BaseAddress} did not answer within {_http.Timeout.TotalSeconds:0} s.");
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }
}
