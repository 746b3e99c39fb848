using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Terse.Fleet;

namespace Terse.Commands;

/// <summary>What a client needs of a link; all else is passed over.</summary>
internal sealed record LinkAnswer(string? ShortUrl);

/// <summary>What a client needs of a problem.</summary>
internal sealed record ProblemAnswer(string? Detail);

/// <remarks>A server may be newer than its client, so fields that are unknown are passed over.</remarks>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(LinkAnswer))]
[JsonSerializable(typeof(ProblemAnswer))]
[JsonSerializable(typeof(FleetResource))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ServerAnswerJson : JsonSerializerContext;

/// <summary>A server's API. Whatever goes wrong becomes a sentence for whoever gave the command.</summary>
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

    /// <summary>Why an answer is not what it should be.</summary>
    public string NotAsTerse => $"{_http.BaseAddress} does not answer as Terse does.";

    /// <summary>Sends a request. Either the answer or the error is null.</summary>
    public async Task<(T? Answer, string? Error)> AskAsync<T>(
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
                    : (null, NotAsTerse);
            }

            var problem = await response.Content.ReadFromJsonAsync(
                ServerAnswerJson.Default.ProblemAnswer, cancellationToken);
            var status = (int)response.StatusCode;
            return (null, problem?.Detail ?? $"{_http.BaseAddress} answers {status} and no more.");
        }
        catch (HttpRequestException exception)
        {
            return (null, $"{_http.BaseAddress} cannot be reached: {exception.Message}");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return (null, NotAsTerse);
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"{_http.BaseAddress} gave no answer within {_http.Timeout.TotalSeconds:0} s.");
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }
}
