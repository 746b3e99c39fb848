using Terse.Domains;
using Terse.Web;

namespace Terse.Links;

/// <summary>Describes the operations on domains.</summary>
internal static class DomainOperations
{
    private static readonly OperationParameter Name = new(
        "name", $"The name of the domain, or `{DomainName.DefaultSegment}` for the default domain.")
    {
        IsInPath = true,
        Example = "s.example.org",
    };

    private static readonly OperationAnswer Shown = new(200, "The domain.", typeof(DomainResource))
    {
        Example = LinkExamples.Domain,
        Headers = [("ETag", "The version of the domain.")],
    };

    public static readonly Operation List = new("listDomains", "List domains")
    {
        Answers =
        [
            new(200, "All domains, the default domain first.", typeof(DomainListResource))
            {
                Example = LinkExamples.Domains,
            },
        ],
    };

    public static readonly Operation Add = new(
        "addDomain",
        "Add a domain",
        "With several servers, a new domain is `pending` and takes no links for about 20 seconds, until "
        + "every server knows it.")
    {
        Body = typeof(DomainFields),
        Examples = [("domain", LinkExamples.NewDomain)],
        Answers =
        [
            new(201, "The domain was added.", typeof(DomainResource))
            {
                Example = LinkExamples.Domain,
                Headers =
                [
                    ("ETag", "The version of the domain."),
                    ("Location", "The path of the domain in the API."),
                ],
            },
        ],
        Problems =
        [
            ProblemType.FieldInvalid, ProblemType.TargetMissing, ProblemType.TargetInvalid,
            ProblemType.TargetTooLong, ProblemType.TargetScheme, ProblemType.TargetCredentials,
            ProblemType.TargetIsTerse, ProblemType.TargetBlocked, ProblemType.TargetPrivate,
            ProblemType.TargetShortener, ProblemType.TargetLookAlike, ProblemType.DomainTaken,
            ProblemType.DefaultDomainUnnamed,
        ],
    };

    public static readonly Operation Show = new("getDomain", "Read a domain")
    {
        Parameters = [Name],
        Answers = [Shown],
        Problems = [ProblemType.DomainNotFound],
    };

    public static readonly Operation Change = new(
        "changeDomain",
        "Change a domain",
        "The body is a JSON merge patch (RFC 7396): a field that is absent keeps its value, and null "
        + "restores the default. Only the default domain can get another name.")
    {
        Parameters = [Name, LinkParameters.IfMatch],
        Body = typeof(DomainFields),
        Examples = [("change", LinkExamples.ChangedDomain)],
        Answers = [Shown],
        Problems = [.. Add.Problems, ProblemType.DomainNotFound, ProblemType.PreconditionFailed],
    };

    public static readonly Operation Remove = new(
        "removeDomain",
        "Remove a domain",
        "It takes no new links. Its links work as before. The default domain cannot be removed.")
    {
        Parameters = [Name, LinkParameters.IfMatch],
        Answers = [new(204, "The domain was removed.")],
        Problems =
        [
            ProblemType.FieldInvalid, ProblemType.RequestMalformed, ProblemType.DomainNotFound,
            ProblemType.PreconditionFailed,
        ],
    };
}
