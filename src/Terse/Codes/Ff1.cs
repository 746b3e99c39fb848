using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Terse.Codes;

/// <summary>
/// FF1 with AES: a keyed permutation of all numbers of so many digits (NIST SP 800-38G, algorithms 7 and 8).
/// The names of variables are those of the standard. For use by one thread at a time.
/// </summary>
internal sealed class Ff1 : IDisposable
{
    private const int Rounds = 10;
    private const int BlockBytes = 16;

    private readonly Aes _aes;
    private readonly ICryptoTransform _cipher;
    private readonly int _radix;

    /// <param name="key">16, 24 or 32 bytes.</param>
    /// <param name="radix">What digits count to, 2 to 65,536.</param>
    public Ff1(byte[] key, int radix)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(radix, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(radix, 1 << 16);
        _radix = radix;
        _aes = Aes.Create();
        _aes.Key = key;
#pragma warning disable CA5358 // Single blocks are what the standard builds on; nothing is encrypted by them.
        _aes.Mode = CipherMode.ECB;
#pragma warning restore CA5358
        _aes.Padding = PaddingMode.None;
        _cipher = _aes.CreateEncryptor();
    }

    /// <summary>Permutes a number.</summary>
    /// <param name="number">Less than the radix to the power of <paramref name="n"/>.</param>
    /// <param name="n">How many digits it has, 2 or more; half of them have to fit 64 bits.</param>
    /// <param name="tweak">At most 128 bytes; each has a permutation of its own.</param>
    public UInt128 Encrypt(UInt128 number, int n, ReadOnlySpan<byte> tweak)
    {
        var round = new Round(this, n, tweak);
        var (a, b) = round.Split(number);
        for (var i = 0; i < Rounds; i++)
        {
            var power = round.Power(i);
            (a, b) = (b, (ulong)((a + (round.F(i, b) % power)) % power));
        }

        return round.Join(a, b);
    }

    /// <summary>Takes <see cref="Encrypt"/> back.</summary>
    public UInt128 Decrypt(UInt128 number, int n, ReadOnlySpan<byte> tweak)
    {
        var round = new Round(this, n, tweak);
        var (a, b) = round.Split(number);
        for (var i = Rounds - 1; i >= 0; i--)
        {
            var power = round.Power(i);
            (a, b) = ((ulong)((b + power - (round.F(i, a) % power)) % power), a);
        }

        return round.Join(a, b);
    }

    public void Dispose()
    {
        _cipher.Dispose();
        _aes.Dispose();
    }

    /// <summary>What the rounds of one number have in common.</summary>
    private readonly struct Round
    {
        private readonly Ff1 _ff1;
        private readonly UInt128 _powerU;
        private readonly UInt128 _powerV;
        private readonly int _b;
        private readonly int _d;
        private readonly byte[] _macOfP;
        private readonly byte[] _q;

        public Round(Ff1 ff1, int n, ReadOnlySpan<byte> tweak)
        {
            var u = n / 2;
            _ff1 = ff1;
            _powerU = PowerOf(ff1._radix, u);
            _powerV = PowerOf(ff1._radix, n - u);
            if (_powerV > UInt128.One << 64)
                throw new ArgumentOutOfRangeException(nameof(n), n, "Half of the digits do not fit 64 bits.");
            var bits = 128 - (int)UInt128.LeadingZeroCount(_powerV - 1);
            _b = (bits + 7) / 8;
            _d = (4 * ((_b + 3) / 4)) + 4;

            var p = new byte[BlockBytes];
            BinaryPrimitives.WriteInt32BigEndian(p.AsSpan(2), ff1._radix);
            (p[0], p[1], p[2]) = (1, 2, 1); // The radix has the three bytes that follow.
            (p[6], p[7]) = (Rounds, (byte)u);
            BinaryPrimitives.WriteInt32BigEndian(p.AsSpan(8), n);
            BinaryPrimitives.WriteInt32BigEndian(p.AsSpan(12), tweak.Length);
            _macOfP = new byte[BlockBytes];
            ff1._cipher.TransformBlock(p, 0, BlockBytes, _macOfP, 0);

            var length = tweak.Length + 1 + _b;
            _q = new byte[(length + BlockBytes - 1) / BlockBytes * BlockBytes];
            tweak.CopyTo(_q);
        }

        public UInt128 Power(int i) => i % 2 == 0 ? _powerU : _powerV;

        public (ulong A, ulong B) Split(UInt128 number) =>
            ((ulong)(number / _powerV), (ulong)(number % _powerV));

        public UInt128 Join(ulong a, ulong b) => ((UInt128)a * _powerV) + b;

        /// <summary>Steps 6 i to 6 iv: the number y of the round.</summary>
        public UInt128 F(int i, ulong half)
        {
            Span<byte> number = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(number, half);
            number[^_b..].CopyTo(_q.AsSpan(_q.Length - _b));
            _q[^(_b + 1)] = (byte)i;

            var block = (byte[])_macOfP.Clone();
            for (var begin = 0; begin < _q.Length; begin += BlockBytes)
            {
                for (var index = 0; index < BlockBytes; index++)
                    block[index] ^= _q[begin + index];
                _ff1._cipher.TransformBlock(block, 0, BlockBytes, block, 0);
            }

            return BinaryPrimitives.ReadUInt128BigEndian(block) >> (8 * (BlockBytes - _d));
        }

        private static UInt128 PowerOf(int radix, int exponent)
        {
            var power = UInt128.One;
            for (var factor = 0; factor < exponent; factor++)
                power *= (UInt128)radix;
            return power;
        }
    }
}
