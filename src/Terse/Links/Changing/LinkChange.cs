namespace Terse.Links;

/// <summary>The JSON body of a request to change a link.</summary>
internal sealed class LinkChange : LinkFields;
