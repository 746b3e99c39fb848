using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("Urls", "8080", "http://127.0.0.1:8080")]
    [InlineData("Urls", "https://127.0.0.1:8080", "set Tls:CertificateFile")]
    [InlineData("Web:Host", "https://app.example", "'app.example.com'")]
    [InlineData("Web:CorsOrigins:0", "app.example", "https://app.example.com")]
    [InlineData("Web:DetailsFor:0", "10.0.0.0/33", "10.0.0.0/8")]
    [InlineData("Web:HstsFor", "731.00:00:00", "730.00:00:00")]
    [InlineData("Urls", "http://127.0.0.1:99999", "http://127.0.0.1:8080")]
    [InlineData("Urls", "http://typo.invalid:8080", "http://127.0.0.1:8080")]
    [InlineData("Domains", "go.example.com", "Default")]
    [InlineData("Domains:Others", "go.example.com", "Others:0")]
    [InlineData("Urls", "http://localhost:0", "http://127.0.0.1:8080")]
    [InlineData("Domains:Default", "https://go.example.com", "go.example.com")]
    [InlineData("Domains:Default", "", "go.example.com")]
    [InlineData("Domains:Others:0", "a b", "go.example.com")]
    [InlineData("Domains:Scheme", "ftp", "'https' or 'http'")]
    [InlineData("Domains:Defualt", "go.example.com", "Defualt")]
    [InlineData("Links:AllowCredentials", "maybe", "AllowCredentials")]
    [InlineData("Links:OtherSchemes:0", "javascript", "remove it")]
    [InlineData("Links:OtherSchemes:0", "a b", "mailto")]
    [InlineData("Links:RestoreFor", "-1.00:00:00", "0 to 3660 days")]
    [InlineData("Links:RestoreFor", "30", "such as 00:00:10 or 3.00:00:00")]
    [InlineData("Links:EraseDeletedAfter", "29.00:00:00", "30.00:00:00 or more")]
    [InlineData("Links:EraseExpiredAfter", "23:00:00", "1 to 3660 days")]
    [InlineData("Redirects:CacheControl", "max-age=soon", "no-store")]
    [InlineData("Redirects:CacheControl", "", "no-store")]
    [InlineData("Redirects:CacheControl", "private, x=\"é\"", "no-store")]
    [InlineData("Storage:Folder", " ", "such as 'data'")]
    [InlineData("Storage:Folder", "/dev/null", "is a file")]
    [InlineData("Codes:Strategy", "TSID", "tsid, tsid-canonical, snowflake, ulid, uuidv7, random")]
    [InlineData("Codes:Opaque", "true", "openssl rand -hex 32")]
    [InlineData("Codes:Secret", "short", "openssl rand -hex 32")]
    [InlineData("Codes:RandomLength", "5", "6 to 64")]
    [InlineData("Codes:RandomAlphabet", "abcdefghijklmnop.", "letters, digits, '-' and '_'")]
    [InlineData("Codes:RandomAlphabet", "abcdefghijklmnopa", "each once")]
    [InlineData("Codes:RandomAlphabet", "abcdefghijk0123456789", "at least 16 non-digits")]
    [InlineData("Ids:TickLength", "00:00:02", "00:00:00.001 to 00:00:01")]
    [InlineData("Ids:TickLength", "00:00:00.0105", "whole milliseconds")]
    [InlineData("Ids:TickLength", "10", "such as 00:00:10 or 3.00:00:00")]
    [InlineData("Cache:MaxAge", "24:00:00", "hours below 24")]
    [InlineData("Visits:Retention", "72:00:00", "such as 00:00:10 or 3.00:00:00")]
    [InlineData("Visits:Retention", "30", "such as 00:00:10 or 3.00:00:00")]
    [InlineData("Drain:Delay", "00:05", "HH:MM:SS")]
    [InlineData("Ids:NodeBits", "21", "0 to 20")]
    [InlineData("Ids:SequenceBits", "-1", "0 to 20")]
    [InlineData("Ids:NodeBits", "16", "at most 22")]
    [InlineData("Visits:Folder", "/dev/null", "set the path of a folder")]
    [InlineData("Visits:RingSlots", "100", "set a power of two from")]
    [InlineData("Visits:SpoolBytes", "1000", "1048576 or more")]
    [InlineData("Visits:CountryHeader", "a b", "'CF-IPCountry'")]
    [InlineData("Visits:ClientAddressHeader", "X-Forwarded-For", "Set Proxies:Trusted to")]
    [InlineData("Proxies:Trusted:0", "10.0.0.1/8", "with zeros behind the prefix")]
    [InlineData("Proxies:Trusted:0", "10.1", "like '192.0.2.7'")]
    [InlineData("Proxies:Trusted:0", "proxy.example", "like '10.0.0.0/8'")]
    [InlineData("Proxies:Trusted:0", "0.0.0.0/0", "name the networks")]
    [InlineData("Proxies:Trusted:0", "::/0", "name the networks")]
    [InlineData("Proxies:Trusted", "10.0.0.0/8", "'Proxies:Trusted:0'")]
    [InlineData("Proxies:Hops", "0", "set 1 to 20")]
    [InlineData("Proxies:Hops", "21", "set 1 to 20")]
    [InlineData("Proxies:Protocol", "v2", "'true' or 'false'")]
    [InlineData("Proxies:Protocol", "true", "Proxies:Trusted is empty")]
    [InlineData("Server:MaxConnections", "99", "set 100 to 1000000")]
    [InlineData("Limits:CreationsPerKey", "-1", "set 0 to 10000000")]
    [InlineData("Limits:CreationsPerAddress", "10000001", "set 0 to 10000000")]
    [InlineData("Limits:FailedKeysPerAddress", "0", "set 1 to 10000")]
    [InlineData("Proxies:Headers", "both", "'X-Forwarded' or 'Forwarded'")]
    [InlineData("Database:Hosts:0", "Host=db1,db2", "Host=db1;Port=5432")]
    [InlineData("Database:Hosts:0", "Host=db1;Root Certificate=/nowhere/ca.crt", "correct the path")]
    [InlineData("Database:Hosts:0", "Host=db1;SSL Key=/nowhere/client.key", "SSL Key='/nowhere/client.key'")]
    [InlineData("Database:Poolers:0", "Host=127.0.0.1;Port=6432", "one pooler for each host")]
    [InlineData("Database:Hosts:0", "Host=db1;MinPoolSize=2", "contains 'Minimum Pool Size'; remove it")]
    [InlineData("Database:Hosts:0", "Host=db1;Connection Pruning Interval=0", "Pruning Interval'; remove")]
    [InlineData("Database:Hosts:0", "Host=db1;Pooling=true", "contains 'Pooling'; remove it")]
    [InlineData("Database:MaxConnections", "11", "12 to 200")]
    [InlineData("Database:MaxConnections", "", "a whole number")]
    [InlineData("Database:PreparedStatements", "", "'true' or 'false'")]
    [InlineData("Server:Name", "", "such as 'web-1'")]
    [InlineData("Server:Zone", "a\nb", "such as 'eu-1a'")]
    [InlineData("Server:Node", "1", "Name, Zone, MaxConnections")]
    [InlineData("Stroage:Folder", "data", "Storage")]
    [InlineData("Drain:Delay", "-00:00:01", "from 00:00:00 to 00:10:00")]
    [InlineData("Drain:Delay", "soon", "a duration such as 00:00:10")]
    [InlineData("Ids:NodeBits", "", "a whole number")]
    [InlineData("Ids:NodeBits", "99999999999", "at most 2147483647")]
    [InlineData("Cache:MaxBytes", "1 GiB", "a whole number")]
    [InlineData("Database:Migrate", "yes", "'true' or 'false'")]
    [InlineData("Domains:Others:0:0", "x.example", "each with one value")]
    [InlineData("Domains:Others:first", "x.example", "like 'Domains:Others:0'")]
    [InlineData("Domains:Scheme:0", "https", "one value")]
    [InlineData("Urls:0", "http://127.0.0.1:0", "as one text")]
    public async Task The_error_of_a_wrong_setting_names_the_setting_and_the_fix(
        string name, string value, string hint)
    {
        await using var app = Program.BuildServer([new(name, value)]);
        var error = Assert.Single(SettingsErrors.Find(app.Services));

        Assert.Contains(name.Split(':')[0], error, StringComparison.Ordinal);
        Assert.Contains(hint, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db1;Username=a", "host=DB1;port=5432;Username=b")]
    [InlineData("Host=/run/postgresql;Port=5433", "Port=5433;Host=/run/postgresql")]
    public async Task A_host_that_is_listed_twice_is_refused(string first, string second)
    {
        await using var app = Program.BuildServer(
            [new("Database:Hosts:0", first), new("Database:Hosts:1", second)]);

        var error = Assert.Single(SettingsErrors.Find(app.Services));
        Assert.Contains("Database:Hosts:0 and Database:Hosts:1", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_values_that_cannot_be_converted_are_reported_at_once()
    {
        await using var app = Program.BuildServer(
            [new("Ids:NodeBits", "x"), new("Codes:Opaque", "y"), new("Cache:MaxAge", "z")]);
        var errors = SettingsErrors.Find(app.Services);

        Assert.Equal(3, errors.Count);
        Assert.All(["'x'", "'y'", "'z'"], value => Assert.Contains(errors, error => error.Contains(value)));
    }

    [Theory]
    [InlineData("Visits:Retention", "3.00:00:00")]
    [InlineData("Cache:MaxAge", "23:59:59")]
    [InlineData("Ids:TickLength", "00:00:00.100")]
    [InlineData("Drain:Delay", "00:00:00")]
    public async Task A_duration_in_the_documented_form_is_accepted(string name, string value)
    {
        await using var app = Program.BuildServer([new(name, value)]);

        Assert.Empty(SettingsErrors.Find(app.Services));
    }

    [Theory]
    [InlineData("Domains:Others", "")]
    [InlineData("Domains:Others", null)]
    [InlineData("Domains:Scheme", null)]
    [InlineData("Ids:NodeBits", null)]
    [InlineData("Domains", null)]
    public async Task An_empty_list_and_null_mean_the_default(string name, string? value)
    {
        await using var app = Program.BuildServer([new(name, value)]);

        Assert.Empty(SettingsErrors.Find(app.Services));
    }

    [Fact]
    public async Task An_empty_zone_means_that_the_zone_is_unknown()
    {
        await using var app = Program.BuildServer([new("Server:Zone", "")]);

        Assert.Empty(SettingsErrors.Find(app.Services));
        Assert.Null(app.Services.GetRequiredService<IOptions<ServerOptions>>().Value.Zone);
        Assert.Null(app.Services.GetRequiredService<ServerIdentity>().Zone);
    }

    [Theory]
    [InlineData("Logging:LogLevel", "Foo")]
    [InlineData("Logging:LogLevel:Default", "")]
    [InlineData("Logging:LogLevel:Default", "99")]
    public void A_wrong_log_level_is_refused(string name, string value)
    {
        var refused = Assert.Throws<StartupException>(() => Program.BuildServer([new(name, value)]));

        Assert.Contains("Logging:LogLevel", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_value_of_a_repeated_setting_wins()
    {
        await using var app = Program.BuildServer(
            [new("Codes:Strategy", "?"), new("codes:strategy", "ulid")]);

        Assert.Empty(SettingsErrors.Find(app.Services));
    }

    [Theory]
    [InlineData("ulid", "Codes:Opaque", "true", "random already")]
    [InlineData("snowflake", "Ids:NodeBits", "11", "Ids:NodeBits to at most 10 and Ids:SequenceBits")]
    public async Task The_error_of_settings_that_exclude_each_other_names_both(
        string strategy, string name, string value, string hint)
    {
        await using var app = Program.BuildServer(
            [new("Codes:Strategy", strategy), new("Codes:Secret", new string('s', 32)), new(name, value)]);

        Assert.Contains(hint, Assert.Single(SettingsErrors.Find(app.Services)), StringComparison.Ordinal);
    }
}
