using System.Net;
using Microsoft.Extensions.Options;
using Terse.Links;

namespace Terse.Tests.Links;

public sealed class TargetRisksTests
{
    private static readonly TargetRisks Strict = new(Options.Create(new TargetOptions
    {
        RefusePrivateNetworks = true,
        RefuseShorteners = true,
        Shorteners = ["Kurz.example", "*-go.example"],
    }));

    private static readonly TargetRisks ByDefault = new(Options.Create(new TargetOptions()));

    [Theory]
    [InlineData("http://10.1.2.3/")]
    [InlineData("http://127.0.0.1:8080/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://172.16.0.1/")]
    [InlineData("http://192.168.1.1/")]
    [InlineData("http://0300.0250.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://100.64.0.1/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[fc00::1]/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://[::ffff:10.0.0.1]/")]
    [InlineData("http://localhost:3000/")]
    [InlineData("http://a.LOCALHOST./")]
    [InlineData("http://router.local/")]
    [InlineData("http://db.prod.internal/")]
    [InlineData("http://nas.home.arpa/")]
    [InlineData("http://wiki/")]
    public void A_private_network_is_refused_only_if_the_operator_wants_it(string target)
    {
        Assert.Equal(RefusalKind.TargetPrivate, Find(Strict, target));
        Assert.Null(Find(ByDefault, target));
    }

    [Theory]
    [InlineData("https://bit.ly/x")]
    [InlineData("https://www.TinyURL.com/x")]
    [InlineData("https://t.co./x")]
    [InlineData("https://kurz.example/x")]
    [InlineData("https://a.kurz.example/x")]
    [InlineData("https://my-go.example/x")]
    public void Another_shortener_is_refused_only_if_the_operator_wants_it(string target)
    {
        Assert.Equal(RefusalKind.TargetShortener, Find(Strict, target));
        Assert.Null(Find(ByDefault, target));
    }

    [Theory]
    [InlineData("https://p\u0430ypal.example/")]
    [InlineData("https://xn--pypal-4ve.example/")]
    [InlineData("https://www.\u0440aypal.example/")]
    [InlineData("https://g\u03bfogle.example/")]
    public void A_host_that_mixes_scripts_in_one_label_is_refused_by_default(string target)
    {
        Assert.Equal(RefusalKind.TargetLookAlike, Find(ByDefault, target));
        Assert.Null(Find(new(Options.Create(new TargetOptions { RefuseLookAlikes = false })), target));
    }

    [Theory]
    [InlineData("https://example.com/")]
    [InlineData("https://8.8.8.8/")]
    [InlineData("http://[2606:4700::1111]/")]
    [InlineData("https://notbit.ly/")]
    [InlineData("https://\u043f\u0440\u0438\u043c\u0435\u0440.com/")]
    [InlineData("https://b\u00fccher.example/")]
    [InlineData("https://\ub124\uc774\ubc84.com/")]
    [InlineData("https://\u65e5\u672c-tokyo.example/")]
    [InlineData("https://local.example/")]
    public void Other_hosts_are_allowed_by_the_strictest_settings(string target) =>
        Assert.Null(Find(Strict, target));

    [Theory]
    [InlineData("Targets:RefusePrivateNetworks", "http://192.168.1.1/", "target-private")]
    [InlineData("Targets:RefuseShorteners", "https://bit.ly/x", "target-shortener")]
    [InlineData("Targets:RefuseLookAlikes", "https://xn--pypal-4ve.example/", "target-look-alike")]
    public async Task The_API_refuses_a_risky_target_with_a_problem_type(
        string setting, string target, string type)
    {
        await using var server = await TerseServer.StartAsync((setting, "true"));

        using var response = await server.CreateAsync(target);

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.BadRequest, type, "target");
    }

    [Fact]
    public void A_shortener_in_the_settings_that_is_no_host_is_refused_at_start()
    {
        var result = new TargetOptionsValidator().Validate(
            null, new TargetOptions { Shorteners = ["https://kurz.example"] });

        Assert.Contains("Targets:Shorteners", result.FailureMessage, StringComparison.Ordinal);
    }

    private static RefusalKind? Find(TargetRisks risks, string target) =>
        risks.Find(Target.AuthorityOf(target)!)?.Kind;
}
