using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Terse.Codes;

/// <summary>
/// Encrypts numbers with FF1 and AES (NIST SP 800-38G, algorithms 7 and 8). Each key selects a permutation of
/// all numbers that have at most a given number of digits. Variables have the same names as in the standard.
/// Not safe for use by several threads at once.
/// </summary>
internal sealed class Ff1 : IDisposable
{
    private const int Rounds = 10;
    private const int BlockBytes = 16;

    private readonly Aes _aes;
    private readonly ICryptoTransform _cipher;
    private readonly int _radix;

    /// <param name="key">An AES key of 16, 24 or 32 bytes.</param>
    /// <param name="radix">The base of the digits, 2 to 65,536.</param>
    public Ff1(byte[] key, int radix)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(radix, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(radix, 1 << 16);
        _radix = radix;
        _aes = Aes.Create();
        _aes.Key = key;
#pragma warning disable CA5358 // FF1 calls AES for single blocks; no data is encrypted in ECB mode.
        _aes.Mode = CipherMode.ECB;
#pragma warning restore CA5358
        _aes.Padding = PaddingMode.None;
        _cipher = _aes.CreateEncryptor();
    }

    /// <summary>
    /// Encrypts a number of at most <paramref name="n"/> digits. The result also has at most
    /// <paramref name="n"/> digits.
    /// </summary>
    /// <param name="number">
    /// The number to encrypt; less than the radix to the power of <paramref name="n"/>.
    /// </param>
    /// <param name="n">The number of digits, at least 2; half of the digits must fit into 64 bits.</param>
    /// <param name="tweak">
    /// At most 128 bytes that are not secret; each tweak selects a different permutation.
    /// </param>
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

    /// <summary>
    /// Contains the values that stay the same during all rounds of one encryption or decryption.
    /// </summary>
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
            (p[0], p[1], p[2]) = (1, 2, 1); // p[2] was the highest byte of the radix, always 0.
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

        /// <summary>Computes the number y of a round (steps 6.i to 6.iv of the standard).</summary>
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
