using Terse.Links;
using Terse.Web;

namespace Terse.Visits;

/// <summary>Describes the operations that report visits.</summary>
internal static class VisitOperations
{
    private const string Counted =
        """
        {
          "from": "2026-11-26T00:00:00",
          "to": "2026-11-27T08:30:00",
          "zone": "Europe/Vienna",
          "by": "day",
          "visits": 1173,
          "counts": [{ "value": "2026-11-26", "visits": 800 }, { "value": "2026-11-27", "visits": 373 }]
        }
        """;

    private const string Listed =
        """
        {
          "visits": [
            {
              "at": "2026-11-27T08:29:31.5Z",
              "linkId": "13835058055296",
              "domain": "go.example.com",
              "code": "sale",
              "bot": false,
              "country": "KR",
              "referrer": "news.example",
              "browser": "Firefox",
              "os": "Android",
              "device": "phone"
            }
          ]
        }
        """;

    private const string Times = "Whole days of a zone are counted. By default, the last 30 days.";

    private static readonly OperationParameter Bots =
        OperationParameter.Flag("bots", "Whether the answer also contains visits of bots.");

    private static readonly OperationParameter[] Range =
    [
        new("from", "The beginning of the time range: a date, a local time of the zone, or an instant.")
        {
            Example = "2026-11-01",
        },
        new("to", "The end of the time range, exclusive. Default: now.") { Example = "2026-12-01" },
        new("zone", "The IANA name of the time zone. Default: UTC.") { Example = "Europe/Vienna" },
        Bots,
    ];

    private static readonly OperationParameter[] Counting =
    [
        .. Range,
        OperationParameter.Choice(
            "by",
            "The period or the property by which the visits are grouped; `rule` only for a single link. "
            + "Default: `day`.",
            VisitGrouping.Choices.Select(choice => choice.Name)),
    ];

    private static readonly OperationParameter[] Paging =
    [
        .. Range,
        new("cursor", "The `next` of the previous page. Send the other parameters unchanged."),
        OperationParameter.Number(
            "limit",
            "How many visits a page may have.",
            1,
            VisitEndpoints.MaxPage,
            VisitEndpoints.DefaultPage),
    ];

    private static readonly OperationParameter[] OfLink = [LinkParameters.Code, LinkParameters.Domain];

    public static readonly Operation Count = new("countVisits", "Count the visits of all links", Times)
    {
        Parameters = Counting,
        Answers = [CountAnswer],
    };

    public static readonly Operation CountOfLink = new(
        "countVisitsOfLink", "Count the visits of a link", Times)
    {
        Parameters = [.. OfLink, .. Counting],
        Answers = [CountAnswer],
        Problems = LinkParameters.Problems,
    };

    public static readonly Operation List = new("listVisits", "List the visits of all links")
    {
        Parameters = Paging,
        Answers = [ListAnswer],
    };

    public static readonly Operation ListOfLink = new("listVisitsOfLink", "List the visits of a link")
    {
        Parameters = [.. OfLink, .. Paging],
        Answers = [ListAnswer],
        Problems = LinkParameters.Problems,
    };

    private static OperationAnswer CountAnswer =>
        new(200, "The counts.", typeof(VisitsResource)) { Example = Counted };

    private static OperationAnswer ListAnswer =>
        new(200, "A page of visits, the newest first.", typeof(VisitListResource)) { Example = Listed };
}
