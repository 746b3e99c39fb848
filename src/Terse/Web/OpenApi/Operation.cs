using System.Diagnostics.CodeAnalysis;

namespace Terse.Web;

/// <summary>
/// Describes an operation of the API, as metadata of its endpoint. A test writes the OpenAPI document from
/// the endpoints and these descriptions (<see cref="ApiDocument"/>). The running server does not read them.
/// </summary>
/// <param name="Id">The name of the operation, by which generators of clients name their methods.</param>
/// <param name="Summary">What the operation does, in a few words.</param>
/// <param name="Description">
/// What else a client needs to know, in Markdown; empty if there is nothing.
/// </param>
internal sealed record Operation(string Id, string Summary, string Description = "")
{
    /// <summary>The query parameters and the headers of the request.</summary>
    public IReadOnlyList<OperationParameter> Parameters { get; init; } = [];

    /// <summary>The type of the JSON body of the request; null if the request has no body.</summary>
    public Type? Body { get; init; }

    /// <summary>Whether a request without the body is accepted.</summary>
    public bool IsBodyOptional { get; init; }

    /// <summary>JSON bodies that are examples of the request, by name.</summary>
    public IReadOnlyList<(string Name, string Json)> Examples { get; init; } = [];

    /// <summary>The responses without an error.</summary>
    public required IReadOnlyList<OperationAnswer> Answers { get; init; }

    /// <summary>
    /// The errors that only some operations have. <see cref="AllProblems"/> also contains the errors that
    /// every operation, or every operation with a body, can have.
    /// </summary>
    public IReadOnlyList<ProblemType> Problems { get; init; } = [];

    /// <summary>
    /// Whether the operation belongs to the API, which asks for a key, and uses the database.
    /// </summary>
    public bool IsApi { get; init; } = true;

    public IEnumerable<ProblemType> AllProblems =>
    [
        .. Problems,
        .. Body is null ? (ProblemType[])[] :
        [
            ProblemType.RequestMalformed, ProblemType.RequestTimeout, ProblemType.BodyTooLarge,
            ProblemType.MediaTypeUnsupported, ProblemType.EncodingUnsupported,
        ],
        .. !IsApi ? (ProblemType[])[] :
        [
            ProblemType.QueryInvalid, ProblemType.KeyRequired, ProblemType.KeyInvalid,
            ProblemType.RoleInsufficient, ProblemType.KeyLimited, ProblemType.TooManyRequests,
            ProblemType.Unexpected,
            ProblemType.StoreUnavailable, ProblemType.Overloaded, ProblemType.Stopping,
        ],
    ];
}

/// <summary>A query parameter or a header of a request.</summary>
/// <param name="Name">The name.</param>
/// <param name="Description">What the parameter means, with its default.</param>
internal sealed record OperationParameter(string Name, string Description)
{
    public bool IsHeader { get; init; }

    /// <summary>Whether the parameter is part of the path.</summary>
    public bool IsInPath { get; init; }

    /// <summary>A JSON Schema of the parameter.</summary>
    [StringSyntax(StringSyntaxAttribute.Json)]
    public string Schema { get; init; } = """{"type": "string"}""";

    /// <summary>An example of a value; null if the schema says enough.</summary>
    public string? Example { get; init; }

    public static OperationParameter Choice(string name, string description, IEnumerable<string> values) =>
        new(name, description)
        {
            Schema = $$"""{"type": "string", "enum": ["{{string.Join("\", \"", values)}}"]}""",
        };

    public static OperationParameter Number(string name, string description, int min, int max, int absent) =>
        new(name, description)
        {
            Schema =
                $$"""{"type": "integer", "minimum": {{min}}, "maximum": {{max}}, "default": {{absent}}}""",
        };

    public static OperationParameter Flag(string name, string description) =>
        new(name, description) { Schema = """{"type": "boolean", "default": false}""" };

    /// <summary>A header of the request.</summary>
    public static OperationParameter Header(string name, string description, string example) =>
        new(name, description) { IsHeader = true, Example = example };
}

/// <summary>A response without an error.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Description">When it is sent, and what it contains.</param>
/// <param name="Body">The type of the JSON body; null if the response has no JSON body.</param>
internal sealed record OperationAnswer(int Status, string Description, Type? Body = null)
{
    /// <summary>The media type of a body that is not JSON; null if there is none.</summary>
    public string? MediaType { get; init; }

    /// <summary>An example of the JSON body; null if there is none.</summary>
    [StringSyntax(StringSyntaxAttribute.Json)]
    public string? Example { get; init; }

    /// <summary>The headers of the response.</summary>
    public IReadOnlyList<(string Name, string Description)> Headers { get; init; } = [];
}

internal static class OperationMetadata
{
    /// <summary>Adds the description of an operation to its endpoint.</summary>
    public static TBuilder Describe<TBuilder>(this TBuilder builder, Operation operation)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(operation);
}
