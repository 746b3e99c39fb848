using Microsoft.Extensions.Options;
using NetEscapades.AspNetCore.SecurityHeaders.Infrastructure;

namespace Terse.Web;

/// <summary>
/// Adds headers to each page, problem and answer of the API, so that browsers neither guess its type, nor
/// show it in a frame, nor run anything that is not a part of it. Redirects get none of these headers:
/// browsers would ignore most of them, and the responses would become larger.
/// </summary>
internal static class SecurityHeaders
{
    /// <summary>The name of the policy of the page that shows the API.</summary>
    public const string OfDocs = "docs";

    private static readonly HeaderPolicyCollection None = [];

    public static void AddSecurityHeaders(this IServiceCollection services) =>
        services.AddSecurityHeaderPolicies((policies, provider) =>
        {
            var hsts = provider.GetRequiredService<IOptions<WebOptions>>().Value.HstsFor;
            policies.SetDefaultPolicy(policy => policy.AddCommon(hsts).AddContentSecurityPolicy(AddNothing));
            policies.AddPolicy(OfDocs, policy => policy.AddCommon(hsts).AddContentSecurityPolicy(AddDocs));
            foreach (var (name, styleHash) in Pages.Styles)
            {
                policies.AddPolicy(name, policy => policy.AddCommon(hsts)
                    .AddContentSecurityPolicy(csp => AddPage(csp, styleHash)));
            }

            policies.SetPolicySelector(Select);
        });

    /// <summary>Lets a page have the policy with this name.</summary>
    public static void UsePolicy(HttpContext context, string name) =>
        context.Features.Set(new PolicyOfPage(name));

    private static IReadOnlyHeaderPolicyCollection Select(PolicySelectorContext context) =>
        context.HttpContext.Response.StatusCode is >= 300 and < 400 ? None
        : context.HttpContext.Features.Get<PolicyOfPage>() is { } page ? context.ConfiguredPolicies[page.Name]
        : context.SelectedPolicy;

    private static HeaderPolicyCollection AddCommon(this HeaderPolicyCollection policy, TimeSpan hsts)
    {
        policy.AddContentTypeOptionsNoSniff().AddReferrerPolicyNoReferrer();
        return hsts > TimeSpan.Zero
            ? policy.AddStrictTransportSecurityMaxAge((int)hsts.TotalSeconds)
            : policy;
    }

    private static void AddNothing(CspBuilder csp)
    {
        csp.AddDefaultSrc().None();
        csp.AddBaseUri().None();
        csp.AddFrameAncestors().None();
    }

    /// <remarks>
    /// There is no <c>form-action</c>, because it would also forbid the redirect to the target after the form
    /// with the password was sent.
    /// </remarks>
    private static void AddPage(CspBuilder csp, string styleHash)
    {
        AddNothing(csp);
        csp.AddStyleSrc().WithHash256(styleHash);
        csp.AddImgSrc().Data();
    }

    private static void AddDocs(CspBuilder csp)
    {
        AddNothing(csp);
        csp.AddScriptSrc().Self();
        var styles = csp.AddStyleSrc().Self();
        foreach (var hash in ApiDocument.StyleHashes)
            styles.WithHash256(hash);
        csp.AddImgSrc().Self().Data();
        csp.AddFontSrc().Self().Data();
        csp.AddConnectSrc().Self();
        csp.AddFormAction().None();
    }

    private sealed record PolicyOfPage(string Name);
}
