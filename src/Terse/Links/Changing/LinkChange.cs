namespace Terse.Links;

/// <summary>The JSON body of a request to change a link.</summary>
internal sealed class LinkChange : LinkFields
{
    /// <summary>The new code of the link; the present code becomes an alias.</summary>
    public string? Code { get; set => field = Sent(value); }

    /// <inheritdoc cref="NewLink.AllowMixedScripts"/>
    public bool? AllowMixedScripts { get; set; }
}
