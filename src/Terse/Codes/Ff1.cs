using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Terse.Codes;

/// <summary>
/// FF1 with AES: a keyed permutation of all numbers with a given number of digits (NIST SP 800-38G,
/// algorithms 7 and 8). Variables have the names of the standard. For use by one thread at a time.
/// </summary>
internal sealed class Ff1 : IDisposable
{
    private const int Rounds = 10;
    private const int BlockBytes = 16;

    private readonly Aes _aes;
    private readonly ICryptoTransform _cipher;
    private readonly int _radix;

    /// <param name="key">16, 24 or 32 bytes.</param>
    /// <param name="radix">The radix of the digits, 2 to 65,536.</param>
    public Ff1(byte[] key, int radix)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(radix, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(radix, 1 << 16);
        _radix = radix;
        _aes = Aes.Create();
        _aes.Key = key;
#pragma warning disable CA5358 // FF1 is built on single AES blocks; no data is encrypted with ECB.
        _aes.Mode = CipherMode.ECB;
#pragma warning restore CA5358
        _aes.Padding = PaddingMode.None;
        _cipher = _aes.CreateEncryptor();
    }

    /// <summary>Encrypts a number: permutes it among the numbers with as many digits.</summary>
    /// <param name="number">Less than the radix to the power of <paramref name="n"/>.</param>
    /// <param name="n">The number of digits, at least 2; half of the digits must fit into 64 bits.</param>
    /// <param name="tweak">At most 128 bytes; each tweak selects another permutation.</param>
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

    /// <summary>Reverses <see cref="Encrypt"/>.</summary>
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

    /// <summary>The values that all rounds of one number share.</summary>
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
            {
                throw new ArgumentOutOfRangeException(
                    nameof(n), n, "Half of the digits must fit into 64 bits.");
            }

            var bits = 128 - (int)UInt128.LeadingZeroCount(_powerV - 1);
            _b = (bits + 7) / 8;
            _d = (4 * ((_b + 3) / 4)) + 4;

            var p = new byte[BlockBytes];
            BinaryPrimitives.WriteInt32BigEndian(p.AsSpan(2), ff1._radix);
            (p[0], p[1], p[2]) = (1, 2, 1); // Bytes 3 to 5 contain the radix.
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

        /// <summary>Steps 6.i to 6.iv of the standard: the number y of a round.</summary>
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
