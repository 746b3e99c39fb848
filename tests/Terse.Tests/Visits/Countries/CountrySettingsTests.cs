using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Terse.Harness;
using Terse.Hosting;
using Terse.Visits;
using static Terse.Tests.Visits.MmdbWriter;

namespace Terse.Tests.Visits;

public sealed class CountrySettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_server_reads_the_country_from_the_configured_file_and_headers()
    {
        var file = new MmdbWriter().Add("192.0.2.0/24", Country("DE"));
        await File.WriteAllBytesAsync(_folder["countries.mmdb"], file.ToBytes());
        await using var server = await TerseServer.StartAsync(
            _folder.Path,
            ("Visits:CountryFile", _folder["countries.mmdb"]),
            ("Visits:CountryHeader", "CF-IPCountry"));
        var countries = server.Services.GetRequiredService<CountrySource>();

        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        Assert.Equal("", countries.CountryOf(context.Request));
        context.Connection.RemoteIpAddress = IPAddress.Parse("::ffff:192.0.2.1");
        Assert.Equal("DE", countries.CountryOf(context.Request));
        context.Request.Headers["CF-IPCountry"] = "SE";
        Assert.Equal("SE", countries.CountryOf(context.Request));
    }

    [Fact]
    public async Task An_invalid_header_name_in_a_setting_is_refused()
    {
        const string Key = "Visits:CountryHeader";
        await using var app = Program.BuildServer([new("Storage:Folder", _folder.Path), new(Key, "a: b")]);
        Assert.StartsWith($"{Key} is 'a: b'", Assert.Single(SettingsErrors.Find(app.Services)));
    }
}
