using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// A <see cref="LinkName"/> with its hash. The code may be a span of the request's path, so that a probe of
/// the cache allocates no string.
/// </summary>
internal readonly ref struct HashedLinkName(string domain, ReadOnlySpan<char> code)
{
    public string Domain { get; } = domain;

    public ReadOnlySpan<char> Code { get; } = code;

    /// <summary>
    /// The hash of domain and code. .NET chooses a random seed for each process, so that an attacker cannot
    /// choose codes whose hashes collide.
    /// </summary>
    public int Hash { get; } = HashOf(domain, code);

    /// <summary>
    /// The characters of the code as 16 bytes, if the code is ASCII and has at most 16 characters; else 0.
    /// Unused bytes are 0. No code contains the character NUL, so two codes with the same value are equal,
    /// unless this value is 0.
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
