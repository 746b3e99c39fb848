using Terse.Harness;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class SecretReferenceTests : IDisposable
{
    private const string Path = "Codes:Secret";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_reference_to_a_file_becomes_its_first_line()
    {
        File.WriteAllText(_folder["secret"], "s3cret\nsecond line\n");

        Assert.Equal("s3cret", Resolve($"file:{_folder["secret"]}"));
    }

    [Fact]
    public void A_reference_to_a_variable_becomes_its_value() =>
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), Resolve("env:PATH"));

    [Theory]
    [InlineData("plain text")]
    [InlineData("FILE:/etc/passwd")]
    [InlineData("")]
    [InlineData(null)]
    public void Other_values_stay_as_they_are(string? value) => Assert.Equal(value, Resolve(value));

    [Theory]
    [InlineData("file:")]
    [InlineData("file:/nowhere/secret")]
    [InlineData("file:/")]
    [InlineData("file:/dev/null")]
    [InlineData("env:")]
    [InlineData("env:TERSE_NO_SUCH_VARIABLE")]
    [InlineData("credential:codes")]
    [InlineData("credential:../codes")]
    public void A_secret_that_cannot_be_read_is_an_error_that_names_the_setting(string value)
    {
        var exception = Assert.Throws<InvalidDataException>(() => Resolve(value));

        Assert.Contains($"{Path} is '{value}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_without_the_secret_can_still_use_the_other_settings()
    {
        var (settings, missing) = SecretReference.FindReadable(new Dictionary<string, string?>
        {
            [Path] = "file:/nowhere/secret",
            ["Cache:MaxAge"] = "00:01:00",
        });

        Assert.Equal(["Cache:MaxAge"], settings.Keys);
        Assert.Contains(Path, Assert.Single(missing), StringComparison.Ordinal);
    }

    private static string? Resolve(string? value) =>
        SecretReference.ResolveAll(new Dictionary<string, string?> { [Path] = value })[Path];
}
