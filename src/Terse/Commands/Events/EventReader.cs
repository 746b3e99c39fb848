using System.Globalization;
using Terse.Events;

namespace Terse.Commands;

/// <summary>
/// Reads the live stream of events of a server. It connects again after any end, with the last id that it
/// received, so that no event is missing and none comes twice.
/// </summary>
/// <param name="client">The server.</param>
/// <param name="path">The path of the stream, with its parameters.</param>
/// <param name="onEvent">Receives the JSON of each event.</param>
/// <param name="onLost">Receives the reason when the server cannot be reached.</param>
/// <param name="time">The clock.</param>
internal sealed class EventReader(
    ServerClient client,
    string path,
    Func<string, Task> onEvent,
    Func<string, Task> onLost,
    TimeProvider time)
{
    /// <summary>
    /// How long a stream may be silent. The server sends its position every 15 s, so the connection is lost.
    /// </summary>
    private static readonly TimeSpan MaxSilence = EventStream.HeartbeatInterval * 3;

    private const int MaxRetrySeconds = 60;

    private TimeSpan _retry = TimeSpan.FromSeconds(1);
    private bool _isLive;

    /// <summary>The last id that was received; null to begin with the next event.</summary>
    public string? LastId { get; set; }

    /// <summary>Reads events.</summary>
    /// <param name="follows">Whether to wait for further events.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Why the events cannot be read; null at the end.</returns>
    public async Task<string?> RunAsync(bool follows, CancellationToken cancellationToken)
    {
        var isLost = false;
        while (true)
        {
            using var request = NewRequest();
            using var answer = await client.OpenAsync(request, cancellationToken);
            if (answer.Error is not null && (answer.IsFinal || !follows))
                return answer.Error;
            if (answer.Error is not null && !isLost)
                await onLost(answer.Error);
            isLost = answer.Error is not null;
            if (!isLost && await TryReadAsync(answer.Response!, follows, cancellationToken))
                return null;
            await Task.Delay(_retry, time, cancellationToken);
        }
    }

    private HttpRequestMessage NewRequest()
    {
        var request = ServerRequests.New(HttpMethod.Get, path, body: null);
        if (LastId is not null)
            request.Headers.TryAddWithoutValidation(EventParameters.LastIdHeader, LastId);
        return request;
    }

    /// <summary>Reads until the connection ends, or until all events are read if none are awaited.</summary>
    /// <returns>Whether all events are read.</returns>
    private async Task<bool> TryReadAsync(
        HttpResponseMessage response, bool follows, CancellationToken cancellationToken)
    {
        _isLive = false;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(silence.Token);
            using var reader = new StreamReader(stream);
            var message = new Message();
            silence.CancelAfter(MaxSilence);
            while (await reader.ReadLineAsync(silence.Token) is { } line)
            {
                silence.CancelAfter(MaxSilence);
                if (line.Length > 0)
                {
                    Read(line, message);
                    continue;
                }

                if (message.Data is { } json)
                    await onEvent(json);
                LastId = message.Id ?? LastId;
                if (_isLive && !follows)
                    return true;
                message = new Message();
            }
        }
        catch (Exception exception) when (
            exception is IOException or HttpRequestException or OperationCanceledException
            && !cancellationToken.IsCancellationRequested)
        {
            // The connection is lost; the next one continues.
        }

        return false;
    }

    /// <summary>
    /// Reads a line. The server writes each field in one line, with a space after the colon.
    /// </summary>
    private void Read(string line, Message message)
    {
        var value = line[Math.Min(line.Length, line.IndexOf(':', StringComparison.Ordinal) + 2)..];
        if (line.StartsWith("data:", StringComparison.Ordinal))
        {
            message.Data = value;
        }
        else if (line.StartsWith("id:", StringComparison.Ordinal))
        {
            message.Id = value;
        }
        else if (line.StartsWith("retry:", StringComparison.Ordinal)
            && int.TryParse(value, CultureInfo.InvariantCulture, out var retry))
        {
            _retry = TimeSpan.FromMilliseconds(Math.Clamp(retry, 0, MaxRetrySeconds * 1000));
        }
        else if (line.StartsWith(':') && value == EventStream.Live)
        {
            _isLive = true;
        }
    }

    private sealed class Message
    {
        public string? Data { get; set; }

        public string? Id { get; set; }
    }
}
