using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Terse.Access;
using Terse.Hosting;
using Terse.Links;
using Terse.Visits;
using Terse.Web;

namespace Terse.Redirects;

/// <summary>
/// Stores what visitors report about a link: <c>POST /{code}/report</c>, with a form or with JSON. The
/// preview page has the form. A link whose own code ends with <c>/report</c> has priority. A report is no
/// visit, and needs neither the password of the link nor one of its visits.
/// </summary>
internal sealed class ReportResponder(
    IReportStore reports,
    ReportLimit limit,
    ReportMetrics metrics,
    TimeProvider time)
{
    /// <summary>What follows the code in the path of a report.</summary>
    public const string Path = "/report";

    private const string Field = "reason";
    private const string Body = "a JSON object, with or without the field 'reason'";

    /// <summary>Whether a request is a report about the link that it names.</summary>
    public static bool IsReport(HttpRequest request, CodeRequest code) =>
        HttpMethods.IsPost(request.Method) && code is { Suffix: CodeSuffix.None, Subpath: Path };

    /// <param name="context">The request.</param>
    /// <param name="link">The link; null if it does not exist or is switched off.</param>
    /// <param name="outcome">How a visit of the link would be answered.</param>
    public async Task AnswerAsync(HttpContext context, CachedLink? link, RedirectOutcome outcome)
    {
        var (request, response) = (context.Request, context.Response);
        if (link is null || outcome == RedirectOutcome.Deleted)
        {
            await RedirectProblems.Of(outcome, link).ExecuteAsync(context);
            return;
        }

        if (!limit.TryCount(ClientAddress.Of(context), out var wait))
        {
            metrics.CountLimited();
            LimitProblems.WriteRetryAfter(response, wait);
            await RedirectProblems.OfReports().ExecuteAsync(context);
            return;
        }

        var reason = await ReadReasonAsync(request);
        if (LinkTexts.CheckReport(reason) is { } refusal)
        {
            await LinkProblems.Of(refusal).ExecuteAsync(context);
            return;
        }

        var now = time.GetUtcMilliseconds();
        await reports.AddAsync(
            new(link.Id, link.Name, string.IsNullOrWhiteSpace(reason) ? null : reason, now),
            context.RequestAborted);
        metrics.CountStored();
        response.StatusCode = StatusCodes.Status202Accepted;
        response.Headers.CacheControl = "no-store";
        if (Problem.IsBrowser(request))
            await Pages.WriteReportedAsync(response);
    }

    /// <inheritdoc cref="JsonBody.ReadAsync"/>
    private static async Task<string?> ReadReasonAsync(HttpRequest request)
    {
        if (string.IsNullOrEmpty(request.ContentType))
            return null;
        if (!SentPassword.IsForm(request))
            return (await JsonBody.ReadAsync(request, LinkJson.Instance.ReportFields, Body)).Reason;
        using var body = new MemoryStream();
        await JsonBody.ReceiveAsync(request, body);
        try
        {
            using var reader = new FormReader(Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length));
            var form = await reader.ReadFormAsync(request.HttpContext.RequestAborted);
            return form.TryGetValue(Field, out var values) ? values.ToString() : null;
        }
        catch (InvalidDataException exception)
        {
            throw new JsonBodyException("The form has too many fields, or a field is too long.", exception);
        }
    }
}
