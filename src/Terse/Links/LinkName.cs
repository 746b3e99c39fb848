namespace Terse.Links;

/// <summary>
/// The name under which a link is found. No two links have the same name; deleted links count.
/// </summary>
/// <param name="Domain">The stored domain name: in lower case, and empty for the default domain.</param>
/// <param name="Code">The part of the path after the slash; codes are compared exactly.</param>
internal readonly record struct LinkName(string Domain, string Code);
