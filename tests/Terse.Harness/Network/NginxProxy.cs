using System.Diagnostics;

namespace Terse.Harness;

/// <summary>An nginx process that passes all requests on to a server.</summary>
internal sealed class NginxProxy : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;

    private NginxProxy(string server, int port, string directives)
    {
        File.WriteAllText(_folder["nginx.conf"],
            $$"""
            daemon off;
            worker_processes 1;
            pid {{_folder["nginx.pid"]}};
            error_log stderr;
            events { worker_connections 64; }
            http {
                access_log off;
                client_body_temp_path {{_folder["body"]}};
                proxy_temp_path {{_folder["proxy"]}};
                fastcgi_temp_path {{_folder["fastcgi"]}};
                uwsgi_temp_path {{_folder["uwsgi"]}};
                scgi_temp_path {{_folder["scgi"]}};
                server {
                    listen 127.0.0.1:{{port}};
                    location / { proxy_pass {{server}}; {{directives}} }
                }
            }
            """);
        _process = Command.Start("/usr/sbin/nginx", ["-c", _folder["nginx.conf"], "-p", _folder.Path]);
        Url = new Uri($"http://127.0.0.1:{port}");
    }

    public Uri Url { get; }

    /// <param name="server">The URL of the server.</param>
    /// <param name="directives">Further directives of nginx, such as <c>proxy_set_header</c>.</param>
    public static async Task<NginxProxy> StartAsync(string server, string directives = "")
    {
        var proxy = new NginxProxy(server, FreePort.Find(), directives);
        using var http = new HttpClient();
        await Eventually.IsTrueAsync(async () =>
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(proxy.Url, "/livez"));
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        ChildProcess.Signal(_process, ChildProcess.SigTerm);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }
}
