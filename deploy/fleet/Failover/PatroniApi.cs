using System.Net;
using System.Text;
using System.Text.Json;

namespace Terse.FleetTool;

/// <summary>Sends requests to the Patronis of a fleet.</summary>
internal sealed class PatroniApi(FleetLayout layout) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }, disposeHandler: true)
    {
        // A switchover is answered at its end, at the latest after 20 s.
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>Whether Patroni has noted that commits wait for this database.</summary>
    public async Task<bool> IsSynchronousAsync(FleetPart host)
    {
        try
        {
            using var response = await _http.GetAsync(AddressOf(host, "synchronous"));
            return response.StatusCode is HttpStatusCode.OK;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Makes another database the primary. Returns why this did not complete; null if it did.
    /// </summary>
    /// <param name="primary">The primary that gives up this role.</param>
    /// <param name="to">The name of the next primary; null for any replica.</param>
    /// <param name="cancellationToken">Ends the wait, but not what Patroni has begun.</param>
    public async Task<string?> SwitchAsync(
        FleetPart primary, string? to, CancellationToken cancellationToken)
    {
        try
        {
            // Patroni wants to know the length in advance, which JsonContent does not say.
            using var content = new StringContent(
                JsonSerializer.Serialize(new { leader = primary.Name, candidate = to }),
                Encoding.UTF8,
                "application/json");
            using var response = await _http.PostAsync(
                AddressOf(primary, "switchover"), content, cancellationToken);
            return response.IsSuccessStatusCode
                ? null
                : await response.Content.ReadAsStringAsync(cancellationToken);
        }
        catch (Exception exception)
            when (exception is HttpRequestException or OperationCanceledException
                && !cancellationToken.IsCancellationRequested)
        {
            return exception.Message;
        }
    }

    public void Dispose() => _http.Dispose();

    private Uri AddressOf(FleetPart host, string path) =>
        new($"http://127.0.0.1:{layout.PortOf(FleetLayout.PatroniName(host))}/{path}");
}
