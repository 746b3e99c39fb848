using System.Security.Cryptography;
using System.Text;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Remembers right passwords, so that a program that sends the password with each request does not cost a
/// hash each time. It contains no password, only keyed hashes under a key that this process chose at random.
/// When a link gets a new password, its salt changes, so the remembered password no longer matches. The table
/// has a fixed size. Safe for use by any number of threads.
/// </summary>
internal sealed class KnownPasswords
{
    private const int Entries = 1024;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly byte[]?[] _proofs = new byte[Entries][];

    public void Add(long link, LinkPassword stored, string password) =>
        Volatile.Write(ref _proofs[EntryOf(link)], ProofOf(link, stored, password));

    /// <summary>
    /// Whether this is a right password that was added. The caller must limit the tries, as for a check
    /// against the stored hash.
    /// </summary>
    public bool Contains(long link, LinkPassword stored, string password) =>
        Volatile.Read(ref _proofs[EntryOf(link)]) is { } proof
        && CryptographicOperations.FixedTimeEquals(proof, ProofOf(link, stored, password));

    /// <summary>
    /// Returns a hash of all bits of a link's id. The hash of <see cref="long"/> only combines the two halves
    /// of the id, and the low bits of most ids are the same: the node, and a sequence that begins at 0 in
    /// each tick.
    /// </summary>
    public static int HashOf(long link) => HashCode.Combine(link);

    private static int EntryOf(long link) => HashOf(link) & (Entries - 1);

    private byte[] ProofOf(long link, LinkPassword stored, string password)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hash.AppendData(BitConverter.GetBytes(link));
        hash.AppendData(stored.Salt);
        hash.AppendData(Encoding.UTF8.GetBytes(password));
        return hash.GetHashAndReset();
    }
}
