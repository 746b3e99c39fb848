using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Terse.Web;

namespace Terse.Access;

/// <summary>The endpoint that lists the audit. Nothing in the API changes the audit.</summary>
internal static class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/audit", ListAsync).WithTags("audit").RequiresWithoutScope(Role.Admin)
            .Describe(AuditOperations.List);

    private static async Task<Results<Ok<AuditListResource>, Problem>> ListAsync(
        AuditLister lister, HttpContext context)
    {
        var parameters = new QueryParameters(context.Request.Query);
        var filter = parameters.ReadAuditFilter();
        var position = parameters.ReadAuditPosition() ?? AuditPosition.Before(filter.Until);
        var limit = parameters.ReadLimit();
        if (parameters.Problem is { } problem)
            return problem;

        var (rows, next) = await lister.ListAsync(filter, position, limit, context.RequestAborted);
        return TypedResults.Ok(new AuditListResource(
            [.. rows.Select(Show)],
            next is { } last ? AuditParameters.WriteCursor(last) : null));
    }

    private static AuditResource Show(AuditRow row) => new(
        row.At.UtcDateTime,
        row.Action,
        row.Subject,
        row.LinkId?.ToString(CultureInfo.InvariantCulture),
        row.KeyId,
        row.Address,
        Parse(row.Before),
        Parse(row.After));

    private static JsonElement? Parse(string? json)
    {
        if (json is null)
            return null;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
