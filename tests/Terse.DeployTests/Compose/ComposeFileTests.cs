using Terse.Harness;
using YamlDotNet.Core;

namespace Terse.DeployTests;

/// <summary>Checks <c>deploy/compose</c> without a container engine.</summary>
public sealed class ComposeFileTests
{
    private static readonly ComposeFile Compose = ComposeFile.Parse(ComposeFile.ReadText());

    [Theory]
    [InlineData("    hostname: db1", "    hostnam: db1")]
    [InlineData("  read_only: true", "  readonly: true")]
    [InlineData("interval: 2s", "intervall: 2s")]
    public void A_field_that_compose_does_not_know_is_refused(string field, string wrong)
    {
        var text = ComposeFile.ReadText();
        Assert.Contains(field, text, StringComparison.Ordinal);
        Assert.Throws<YamlException>(
            () => ComposeFile.Parse(text.Replace(field, wrong, StringComparison.Ordinal)));
    }

    [Fact]
    public void There_are_three_databases_two_servers_a_balancer_and_Prometheus() => Assert.Equal(
        ["balancer", "db1", "db2", "db3", "prometheus", "terse1", "terse2"],
        Compose.Services.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void No_container_can_write_its_files_or_has_rights_of_root_and_each_starts_again() =>
        Assert.All(Compose.Services, service =>
        {
            Assert.True(service.Value.ReadOnly, service.Key);
            Assert.Equal(["ALL"], service.Value.CapDrop);
            Assert.Equal(["no-new-privileges:true"], service.Value.SecurityOpt);
            Assert.Equal("unless-stopped", service.Value.Restart);
        });

    [Fact]
    public void Every_port_is_open_to_this_machine_alone_and_the_databases_are_in_an_internal_network()
    {
        Assert.All(
            Compose.Services.SelectMany(service => service.Value.Ports),
            port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        Assert.True(Compose.Networks["databases"].Internal);
        Assert.All(Databases, database => Assert.Equal(["databases"], database.Networks));
        Assert.All(Databases, database => Assert.Equal("postgres", database.User));
    }

    [Fact]
    public void What_a_service_names_is_declared_and_every_declared_file_exists()
    {
        Assert.All(Compose.Services.Values, service =>
        {
            Assert.Empty(service.Networks.Except(Compose.Networks.Keys));
            Assert.Empty(service.Secrets.Except(Compose.Secrets.Keys));
            Assert.Empty(service.Configs.Select(mount => mount.Source).Except(Compose.Configs.Keys));
            foreach (var source in service.Volumes.Select(volume => volume.Split(':')[0]))
            {
                Assert.True(
                    Compose.Volumes.ContainsKey(source)
                        || Directory.Exists(Path.Combine(ComposeFile.Folder, source)),
                    source);
            }
        });
        Assert.All(
            Compose.Configs.Values,
            config => Assert.True(File.Exists(Path.Combine(ComposeFile.Folder, config.File)), config.File));
        Assert.All(
            Compose.Services.Values.Where(service => service.Build is not null),
            service => Assert.True(File.Exists(Path.Combine(
                ComposeFile.Folder, service.Build!["context"], service.Build["dockerfile"]))));
    }

    [Fact]
    public async Task The_script_makes_each_secret_once()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(ComposeFile.Folder, "prepare"), folder["prepare"]);
        await PrepareAsync(folder);
        var secrets = Compose.Secrets.Values
            .ToDictionary(secret => secret.File, secret => File.ReadAllText(folder[secret.File]));
        Assert.All(secrets.Values, secret => Assert.Matches("^[0-9a-f]{48}$", secret));
        Assert.Equal(Compose.Secrets.Count, Directory.GetFiles(folder["secrets"]).Length);

        await PrepareAsync(folder);
        Assert.All(secrets, secret => Assert.Equal(secret.Value, File.ReadAllText(folder[secret.Key])));
    }

    [Fact]
    public async Task Prometheus_accepts_its_configuration_with_all_rules_as_the_container_has_them()
    {
        var prometheus = Compose.Services["prometheus"];
        Assert.Contains("../prometheus:/etc/prometheus/rules:ro", prometheus.Volumes);
        using var folder = new TemporaryFolder();
        Directory.CreateSymbolicLink(folder["rules"], Path.Combine(Repository.Root, "deploy/prometheus"));
        File.Copy(Path.Combine(ComposeFile.Folder, "prometheus.yml"), folder["prometheus.yml"]);

        var result = await Command.RunAsync("promtool", ["check", "config", folder["prometheus.yml"]]);
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.Contains("3 rule files found", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HAProxy_accepts_its_configuration()
    {
        var result = await Command.RunAsync(
            "/usr/sbin/haproxy", ["-c", "-f", Path.Combine(ComposeFile.Folder, "haproxy.cfg")]);
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
    }

    private static IEnumerable<ComposeService> Databases =>
        Compose.Services.Where(service => service.Key[..2] == "db").Select(service => service.Value);

    private static async Task PrepareAsync(TemporaryFolder folder)
    {
        var result = await Command.RunAsync("/bin/sh", [folder["prepare"]]);
        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Errors));
    }
}
