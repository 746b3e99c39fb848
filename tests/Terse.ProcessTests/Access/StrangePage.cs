using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>A web server with one empty page: the page of an attacker.</summary>
internal sealed class StrangePage : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StrangePage(WebApplication app) => _app = app;

    public int Port => new Uri(_app.Urls.Single()).Port;

    public static async Task<StrangePage> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<!doctype html><title>Strange</title>");
        });
        await app.StartAsync();
        return new(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>
    /// Makes the page try to read, create, change and delete links and keys of a server in all ways that
    /// browsers have. Returns everything that the page could read.
    /// </summary>
    public static async Task<string> AttackAsync(BrowserPage page, string server)
    {
        var seen = await page.RunAsync($"({Attack})('{server}')");
        return seen.ToString();
    }

    /// <summary>Sends a form that a server could read as JSON, and waits for the answer.</summary>
    public static async Task SendFormAsync(BrowserPage page, string url, string encoding)
    {
        var loaded = page.NextLoad();
        await page.RunAsync($"({Form})('{url}', '{encoding}')");
        await loaded;
    }

    private const string Attack = """
        async server => {
          const api = server + '/api/v1';
          const link = JSON.stringify({ target: 'https://evil.example/', code: 'evil' });
          const key = JSON.stringify({ name: 'evil', role: 'admin' });
          const json = { 'Content-Type': 'application/json' };
          const text = { 'Content-Type': 'text/plain' };
          const lie = { 'Content-Type': 'text/plain;application/json' };
          const seen = [];
          const attempt = async (path, options) => {
            for (const mode of ['cors', 'no-cors']) {
              try {
                const answer = await fetch(api + path, { ...options, mode, credentials: 'include' });
                seen.push(answer.type, await answer.text(), JSON.stringify([...answer.headers]));
              } catch (error) {
                seen.push(error.message);
              }
            }
          };
          for (const path of ['/links', '/links/kept', '/keys', '/audit', '/tags', '/blocks'])
            await attempt(path, { method: 'GET' });
          for (const headers of [json, text, lie, {}]) {
            await attempt('/links', { method: 'POST', headers, body: link });
            await attempt('/links/batch', {
              method: 'POST', headers, body: `{"items":[{"op":"create","fields":${link}}]}` });
            await attempt('/keys', { method: 'POST', headers, body: key });
            await attempt('/blocks', { method: 'POST', headers, body: '{"host":"example.com"}' });
            await attempt('/links/kept', { method: 'PATCH', headers, body: '{"title":"evil"}' });
          }
          await attempt('/links', { method: 'POST', body: new Blob([link], { type: 'application/json' }) });
          await attempt('/links/kept', { method: 'DELETE' });
          await attempt('/links/kept/erase', { method: 'POST' });
          await attempt('/links/kept', { method: 'POST', headers: { 'X-HTTP-Method-Override': 'DELETE' } });
          navigator.sendBeacon(api + '/links', link);
          navigator.sendBeacon(api + '/links/kept/erase');
          for (const name of ['script', 'iframe', 'img']) {
            const element = document.createElement(name);
            const done = new Promise(resolve => { element.onload = element.onerror = resolve; });
            element.src = api + '/links/kept';
            document.body.append(element);
            await done;
            try {
              seen.push(element.contentDocument?.body?.innerText ?? '');
            } catch (error) {
              seen.push(error.message);
            }
          }
          return seen.join('\n');
        }
        """;

    private const string Form = """
        (url, encoding) => {
          const form = document.createElement('form');
          form.method = 'post';
          form.enctype = encoding;
          form.action = url;
          const field = document.createElement('input');
          field.name = '{"target":"https://evil.example/","code":"evil","title":"';
          field.value = '"}';
          form.append(field);
          document.body.append(form);
          form.submit();
        }
        """;
}
