using System.Text;
using Terse.Domains;
using Terse.Links;
using Terse.Redirects;
using HostName = Terse.Domains.HostName;

namespace Terse.Fuzz;

/// <summary>What must hold for every text that a client sends as a target.</summary>
internal static class TargetInvariants
{
    private static readonly TargetRules Strict = Installation.NewTargetRules(Installation.StrictTargets);
    private static readonly TargetRules Free = Installation.NewTargetRules(Installation.FreeTargets);

    public static void Check(string text)
    {
        CheckRules(Strict, text);
        CheckRules(Free, text);
        if (Target.TryParse(text, Installation.FreeTargets, out var target, out var refusal))
            CheckAccepted(target);
        else
            CheckRefusal(refusal);
    }

    public static void CheckRefusal(Refusal refusal)
    {
        Assert.Equal("target", refusal.Field);
        Assert.NotEmpty(refusal.Detail);
        Assert.InRange(refusal.Kind, RefusalKind.TargetMissing, RefusalKind.TargetLookAlike);
    }

    private static void CheckRules(TargetRules rules, string text)
    {
        if (!rules.TryRead(text, Installation.Host, Installation.Address, out _, out var refusal))
        {
            CheckRefusal(refusal);
            return;
        }

        // The location of a redirect is as good as the target: no reader finds another host in it.
        var location = TargetAscii.Of(text);
        Assert.True(
            rules.TryRead(location, Installation.Host, Installation.Address, out _, out refusal),
            refusal?.Detail);
    }

    private static void CheckAccepted(Target target)
    {
        var location = TargetAscii.Of(target.Text);
        Assert.All(location, character => Assert.InRange(character, '!', '~'));
        Assert.InRange(location.Length, 1, Target.MaxBytes);
        Assert.Equal(location, TargetAscii.Of(location));

        Assert.True(
            Target.TryParse(location, Installation.FreeTargets, out var sent, out var refusal),
            refusal?.Detail);
        Assert.Equal(target.Scheme, sent.Scheme);
        Assert.Equal(target.Authority is null, Target.AuthorityOf(target.Text) is null);
        Assert.Equal(
            Installation.Blocks.Current.IsBlocked(target.Text),
            Installation.Blocks.Current.IsBlocked(location));

        var readable = ReadableTarget.Of(location);
        Assert.DoesNotContain(readable.Before + readable.Host + readable.After, char.IsControl);
        if (!Target.IsSpecial(target.Scheme))
            return;
        Assert.NotNull(target.Authority);
        Assert.Equal(target.Authority, sent.Authority);
        CheckOtherReader(location, target.Authority);
    }

    /// <summary>.NET's own reader of URLs finds the same host and port as Terse, or none.</summary>
    private static void CheckOtherReader(string location, Authority authority)
    {
        if (!Uri.TryCreate(location, UriKind.Absolute, out var uri))
            return;
        Assert.True(HostName.TryCanonicalize(uri.Host, out var host), uri.Host);
        Assert.Equal(authority.Host, host);
        if (authority.Port is { } port)
            Assert.Equal(port, uri.Port);
        else
            Assert.True(uri.IsDefaultPort);
        Assert.True(Ascii.IsValid(uri.Host));
    }
}
