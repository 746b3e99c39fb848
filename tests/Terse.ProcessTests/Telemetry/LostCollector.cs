using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>Why a collector of telemetry receives nothing.</summary>
public enum CollectorFault
{
    RefusesConnections,
    NeverAnswers,
    AnswersUnavailable,
}

/// <summary>The address of a collector with a fault.</summary>
internal sealed class LostCollector : IAsyncDisposable
{
    private TcpListener? _silent;
    private OtlpReceiver? _unavailable;

    private LostCollector()
    {
    }

    /// <summary>The value of OTEL_EXPORTER_OTLP_ENDPOINT.</summary>
    public string Endpoint { get; private set; } = "";

    public static async Task<LostCollector> StartAsync(CollectorFault fault)
    {
        var collector = new LostCollector();
        switch (fault)
        {
            case CollectorFault.RefusesConnections:
                collector.Endpoint = UrlOf(FreePort.Find());
                break;
            case CollectorFault.NeverAnswers:
                // The operating system accepts the connections, and nobody reads what they receive.
                collector._silent = new(IPAddress.Loopback, 0);
                collector._silent.Start();
                collector.Endpoint = UrlOf(((IPEndPoint)collector._silent.LocalEndpoint).Port);
                break;
            default:
                collector._unavailable = await OtlpReceiver.StartAsync(
                    StatusCodes.Status503ServiceUnavailable);
                collector.Endpoint = collector._unavailable.HttpEndpoint;
                break;
        }

        return collector;
    }

    public async ValueTask DisposeAsync()
    {
        _silent?.Dispose();
        if (_unavailable is not null)
            await _unavailable.DisposeAsync();
    }

    private static string UrlOf(int port) =>
        string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
}
