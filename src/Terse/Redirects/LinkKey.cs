using System.Diagnostics.CodeAnalysis;

namespace Terse.Redirects;

/// <summary>A domain's key, and a code that is a piece of a request and no string of its own.</summary>
internal readonly ref struct LinkKey(string domain, ReadOnlySpan<char> code)
{
    public string Domain { get; } = domain;

    public ReadOnlySpan<char> Code { get; } = code;
}

/// <summary>Finds what is kept by (domain, code) by a code that is no string.</summary>
internal sealed class LinkKeyComparer
    : IEqualityComparer<(string Domain, string Code)>,
        IAlternateEqualityComparer<LinkKey, (string Domain, string Code)>
{
    public static readonly LinkKeyComparer Instance = new();

    /// <summary>Another for each run of the program, so that nobody can choose codes that collide.</summary>
    public static int HashOf(string domain, ReadOnlySpan<char> code)
    {
        var hash = string.GetHashCode(code, StringComparison.Ordinal);
        return domain.Length == 0
            ? hash
            : HashCode.Combine(hash, domain.GetHashCode(StringComparison.Ordinal));
    }

    public bool Equals((string Domain, string Code) x, (string Domain, string Code) y) => x == y;

    public int GetHashCode([DisallowNull] (string Domain, string Code) obj) => HashOf(obj.Domain, obj.Code);

    public bool Equals(LinkKey alternate, (string Domain, string Code) other) =>
        alternate.Code.SequenceEqual(other.Code) && alternate.Domain == other.Domain;

    public int GetHashCode(LinkKey alternate) => HashOf(alternate.Domain, alternate.Code);

    public (string Domain, string Code) Create(LinkKey alternate) =>
        (alternate.Domain, alternate.Code.ToString());
}
