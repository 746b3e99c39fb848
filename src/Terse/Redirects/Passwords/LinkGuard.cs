using System.Runtime.InteropServices;
using Terse.Access;
using Terse.Domains;
using Terse.Hosting;
using Terse.Links;
using Terse.Visits;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>
/// Decides whether a request may follow a guarded link: a link with a visit limit or a password. Neither the
/// body nor a header of a refusal contains the target.
/// </summary>
/// <remarks>
/// A guarded link is redirected only for a request that can be a person's visit or comes from an HTTP client.
/// Otherwise a chat that shows a preview of the link, or a browser that prefetches it, would use up the
/// visits before a person follows the link. A client that sends the right password in a header certainly
/// follows the link.
/// </remarks>
internal sealed class LinkGuard(PasswordVerifier passwords, DomainMap domains, TimeProvider time)
{
    /// <param name="context">The request.</param>
    /// <param name="link">A guarded link that works at present.</param>
    /// <param name="isVisit">
    /// Whether the client asks for a redirect. If not, the client needs no password.
    /// </param>
    /// <exception cref="OverloadException">Too many passwords are being checked.</exception>
    public async ValueTask<Admission> CheckAsync(HttpContext context, CachedLink link, bool isVisit)
    {
        var request = context.Request;
        var password = isVisit ? link.Conditional!.Settings.Password : null;
        var hasCookie = password is not null
            && PasswordCookie.IsValid(request, link.Id, password, time.GetUtcNow());
        if (password is not null && !hasCookie && SentPassword.InHeader(request) is { } sent)
            return await CheckAsync(context, link, password, sent, AdmissionKind.Admitted);
        if (Visitor.IsPrefetch(request))
            return new(AdmissionKind.Prefetch);
        if (Visitor.IsLinkPreview(request))
            return new(AdmissionKind.LinkPreview);
        if (password is null)
            return new(AdmissionKind.Admitted);
        if (SentPassword.IsForm(request))
            return await CheckFormAsync(context, link, password);
        return new(hasCookie ? AdmissionKind.Admitted : AdmissionKind.NoPassword);
    }

    /// <remarks>
    /// Also while the cookie is valid, a form is a password and is not sent on to the target, so that a form
    /// that is sent twice does not send the password to the target of a link with status 307 or 308.
    /// </remarks>
    private async Task<Admission> CheckFormAsync(HttpContext context, CachedLink link, LinkPassword password)
    {
        var sent = await SentPassword.InFormAsync(context.Request);
        var admission = await CheckAsync(context, link, password, sent, AdmissionKind.AdmittedByForm);
        if (admission.IsAdmitted)
        {
            var isSecure = (domains.Scheme ?? context.Request.Scheme) == Uri.UriSchemeHttps;
            PasswordCookie.Write(context, link, password, isSecure, time.GetUtcNow());
        }

        return admission;
    }

    private async Task<Admission> CheckAsync(
        HttpContext context, CachedLink link, LinkPassword password, string sent, AdmissionKind ifRight)
    {
        var verdict = await passwords.VerifyAsync(context, link, password, sent);
        return verdict.IsRight ? new(ifRight)
            : verdict.Wait > TimeSpan.Zero ? new(AdmissionKind.TooManyTries, verdict.Wait)
            : new(AdmissionKind.WrongPassword);
    }

    /// <summary>Answers a request that was not admitted.</summary>
    public Task RefuseAsync(HttpContext context, CachedLink link, Admission admission)
    {
        var response = context.Response;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Robots-Tag"] = "noindex";
        var domain = domains.DisplayNameOf(link.Domain, RequestHost.Of(context));
        var title = link.Conditional!.Settings.Title ?? $"{domain}/{link.Code}";
        var isBrowser = Problem.IsBrowser(context.Request) && SentPassword.InHeader(context.Request) is null;
        switch (admission.Kind)
        {
            case AdmissionKind.Prefetch:
                return RedirectProblems.OfPrefetch().ExecuteAsync(context);
            case AdmissionKind.LinkPreview:
                return Pages.WriteGuardedAsync(response, title, domain);
            case AdmissionKind.TooManyTries:
                LimitProblems.WriteHeaders(
                    response,
                    LimitMetrics.PasswordTries,
                    PasswordTries.MaxTries,
                    PasswordTries.Window,
                    new(Remaining: 0, Reset: admission.Wait, admission.Wait));
                LimitProblems.WriteRetryAfter(response, admission.Wait);
                return RedirectProblems.OfTries().ExecuteAsync(context);
            case AdmissionKind.NoPassword when isBrowser:
                return Pages.WritePasswordAsync(response, title, message: "");
            case AdmissionKind.WrongPassword when isBrowser:
                response.StatusCode = StatusCodes.Status403Forbidden;
                return Pages.WritePasswordAsync(response, title, "The password is wrong.");
            default:
                response.Headers.WWWAuthenticate = SentPassword.Challenge;
                return RedirectProblems.OfPassword(admission.Kind).ExecuteAsync(context);
        }
    }
}

/// <summary>Whether a request may follow a guarded link, and if not, why.</summary>
/// <param name="Kind">The decision.</param>
/// <param name="Wait">How long the client must wait, if it has tried too many passwords.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Admission(AdmissionKind Kind, TimeSpan Wait = default)
{
    public bool IsAdmitted => Kind is AdmissionKind.Admitted or AdmissionKind.AdmittedByForm;

    /// <summary>Whether the request failed because of the password.</summary>
    public bool IsLocked => Kind
        is AdmissionKind.NoPassword or AdmissionKind.WrongPassword or AdmissionKind.TooManyTries;
}

internal enum AdmissionKind
{
    Admitted,

    /// <summary>The request is a form with the right password.</summary>
    AdmittedByForm,

    /// <summary>A browser sends the request before a person follows the link.</summary>
    Prefetch,

    /// <summary>The request can only serve to show a preview of the link.</summary>
    LinkPreview,

    NoPassword,

    WrongPassword,

    /// <summary>The password was not checked.</summary>
    TooManyTries,
}
