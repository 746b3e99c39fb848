using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// A <see cref="LinkName"/> and its hash. The code may be a part of the request's path, so that a probe
/// allocates no string.
/// </summary>
internal readonly ref struct HashedLinkName(string domain, ReadOnlySpan<char> code)
{
    public string Domain { get; } = domain;

    public ReadOnlySpan<char> Code { get; } = code;

    /// <summary>
    /// Seeded at random for each process, so that an attacker cannot choose codes that collide.
    /// </summary>
    public int Hash { get; } = HashOf(domain, code);

    /// <summary>
    /// The code itself where it is ASCII and has 16 characters at most; else 0. No code contains NUL, so two
    /// codes with the same packed form that is not 0 are the same.
    /// </summary>
    public UInt128 Packed { get; } = Pack(code);

    public static implicit operator HashedLinkName(LinkName name) => new(name.Domain, name.Code);

    private static UInt128 Pack(ReadOnlySpan<char> code)
    {
        UInt128 packed = 0;
        var bytes = MemoryMarshal.AsBytes(new Span<UInt128>(ref packed));
        return Ascii.FromUtf16(code, bytes, out _) == OperationStatus.Done ? packed : 0;
    }

    private static int HashOf(string domain, ReadOnlySpan<char> code)
    {
        var hash = string.GetHashCode(code, StringComparison.Ordinal);
        return domain.Length == 0
            ? hash
            : HashCode.Combine(hash, domain.GetHashCode(StringComparison.Ordinal));
    }
}
