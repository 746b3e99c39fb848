using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("Urls", "8080", "http://127.0.0.1:8080")]
    [InlineData("Urls", "https://127.0.0.1:8080", "proxy")]
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
    [InlineData("Redirects:CacheControl", "max-age=soon", "no-store")]
    [InlineData("Redirects:CacheControl", "", "no-store")]
    [InlineData("Redirects:CacheControl", "private, x=\"é\"", "no-store")]
    [InlineData("Storage:Folder", " ", "such as 'data'")]
    [InlineData("Storage:Folder", "/dev/null", "is a file")]
    [InlineData("Stroage:Folder", "data", "Storage")]
    public async Task A_wrong_setting_is_named_together_with_the_way_to_mend_it(
        string key, string value, string hint)
    {
        await using var app = Program.BuildServer([new(key, value)]);
        var error = Assert.Single(Settings.FindErrors(app.Services));

        Assert.Contains(key.Split(':')[0], error, StringComparison.Ordinal);
        Assert.Contains(hint, error, StringComparison.Ordinal);
    }
}
