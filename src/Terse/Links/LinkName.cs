namespace Terse.Links;

/// <summary>
/// The domain and the code, by which a link is found. No two links have the same name, and the name of a
/// deleted link is never reused.
/// </summary>
/// <param name="Domain">The domain name as stored: in lower case; empty for the default domain.</param>
/// <param name="Code">The path of the short URL without its first slash. Codes are case-sensitive.</param>
internal readonly record struct LinkName(string Domain, string Code);
