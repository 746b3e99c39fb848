using Terse.Web;

namespace Terse.Links;

/// <summary>Describes the operations on reports of visitors.</summary>
internal static class ReportOperations
{
    private static readonly OperationParameter Id = new("id", "The number of the report.")
    {
        IsInPath = true,
        Example = "7",
    };

    public static readonly Operation List = new(
        "listReports",
        "List reports",
        "Visitors report a link with `POST /{code}/report`. All reports of a link are one entry.")
    {
        Parameters = [LinkParameters.Cursor, LinkParameters.Limit],
        Answers =
        [
            new(
                200,
                "A page of reports; the link that was reported last is the first.",
                typeof(ReportListResource)),
        ],
    };

    public static readonly Operation Disable = new(
        "disableReportedLink", "Disable a reported link", "The link is disabled, and the report is closed.")
    {
        Parameters = [Id],
        Answers = [new(204, "The link is disabled, or was deleted already; the report is closed.")],
        Problems = [ProblemType.ReportNotFound, ProblemType.FieldInvalid],
    };

    public static readonly Operation Close = new(
        "closeReport", "Close a report", "The link stays as it is.")
    {
        Parameters = [Id],
        Answers = [new(204, "The report is closed.")],
        Problems = [ProblemType.ReportNotFound],
    };
}
