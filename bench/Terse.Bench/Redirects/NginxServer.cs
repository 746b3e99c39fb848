using System.Globalization;
using System.Net;
using Terse.Harness;

namespace Terse.Bench;

/// <summary>
/// An nginx server for comparison. It always sends the same 302 response, and has one worker process per
/// processor core.
/// </summary>
internal sealed class NginxServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly System.Diagnostics.Process _process;

    private NginxServer(int port)
    {
        Address = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        File.WriteAllText(_folder["nginx.conf"],
            $$"""
            daemon off;
            worker_processes auto;
            pid {{_folder["nginx.pid"]}};
            error_log stderr;
            events { worker_connections 1024; }
            http {
                access_log off;
                keepalive_requests 1000000000;
                server {
                    listen 127.0.0.1:{{port}};
                    return 302 https://example.com/a/long/way/500000;
                }
            }
            """);
        _process = Command.Start("/usr/sbin/nginx", ["-c", _folder["nginx.conf"], "-p", _folder.Path]);
        _process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    /// <summary>
    /// The process id of nginx's master process, which is the parent of the worker processes.
    /// </summary>
    public int Id => _process.Id;

    public static async Task<NginxServer> StartAsync()
    {
        var nginx = new NginxServer(FreePort.Find());
        using var client = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(client);
        await Eventually.IsTrueAsync(async () =>
        {
            try
            {
                using var answer = await http.GetAsync(nginx.Address);
                return answer.StatusCode == HttpStatusCode.Found;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        ChildProcess.Signal(_process, ChildProcess.SigTerm);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }
}
