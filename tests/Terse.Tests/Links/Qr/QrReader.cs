using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ZXing;
using ZXing.Common;
using ZXing.QrCode;

namespace Terse.Tests.Links;

/// <summary>
/// Reads the text of a QR code with ZXing.Net. Terse draws QR codes with QRCoder, so a fault of QRCoder is
/// found.
/// </summary>
internal static partial class QrReader
{
    private const int PixelsPerModule = 4;

    public static string? ReadSvg(string svg)
    {
        var root = XDocument.Parse(svg).Root!;
        var side = int.Parse(root.Attribute("viewBox")!.Value.Split(' ')[2], CultureInfo.InvariantCulture);
        var size = side * PixelsPerModule;
        var pixels = NewImage(size);
        var dark = root.Elements().Last().Attribute("d")!.Value;
        foreach (var run in Runs.Matches(dark).Cast<Match>())
        {
            var (x, y, length) = (Number(run, "x"), Number(run, "y"), Number(run, "length"));
            for (var row = y * PixelsPerModule; row < (y + 1) * PixelsPerModule; row++)
            {
                pixels.AsSpan(
                    (row * size) + (x * PixelsPerModule), length * PixelsPerModule).Clear();
            }
        }

        return Decode(pixels, size);
    }

    /// <summary>Reads a PNG with one bit for each pixel, whose first color is the dark one.</summary>
    public static string? ReadPng(byte[] png)
    {
        var size = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16));
        var pixels = NewImage(size);
        using var rows = new ZLibStream(new MemoryStream(DataOf(png)), CompressionMode.Decompress);
        var row = new byte[1 + ((size + 7) / 8)];
        for (var y = 0; y < size; y++)
        {
            rows.ReadExactly(row);
            Assert.Equal(0, row[0]);
            for (var x = 0; x < size; x++)
            {
                if ((row[1 + (x / 8)] & (0x80 >> (x % 8))) == 0)
                    pixels[(y * size) + x] = 0;
            }
        }

        return Decode(pixels, size);
    }

    private static byte[] NewImage(int size)
    {
        var pixels = new byte[size * size];
        Array.Fill(pixels, byte.MaxValue);
        return pixels;
    }

    private static byte[] DataOf(byte[] png)
    {
        for (var chunk = 8; ; chunk += 12 + BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(chunk)))
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(chunk));
            if (Encoding.ASCII.GetString(png, chunk + 4, 4) == "IDAT")
                return png.AsSpan(chunk + 8, length).ToArray();
        }
    }

    private static string? Decode(byte[] pixels, int size)
    {
        var source = new RGBLuminanceSource(
            pixels, size, size, RGBLuminanceSource.BitmapFormat.Gray8);
        return new QRCodeReader().decode(new BinaryBitmap(new HybridBinarizer(source)))?.Text;
    }

    private static int Number(Match match, string group) =>
        int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        "M(?<x>[0-9]{1,4}) (?<y>[0-9]{1,4})h(?<length>[0-9]{1,4})v1h-[0-9]{1,4}z",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Runs { get; }
}
