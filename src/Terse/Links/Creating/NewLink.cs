namespace Terse.Links;

/// <summary>The JSON body of a request to create a link.</summary>
internal sealed class NewLink : LinkFields
{
    /// <summary>The custom code; null for a generated code.</summary>
    public string? Code { get; set; }

    /// <summary>
    /// Whether the code may mix Latin letters with Greek or Cyrillic ones, which look alike.
    /// </summary>
    public bool? AllowMixedScripts { get; set; }

    /// <summary>The domain; null for the domain of the host that the request was sent to.</summary>
    public string? Domain { get; set; }
}
