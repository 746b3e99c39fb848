using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using QRCoder;

namespace Terse.Links;

/// <summary>
/// Draws a text as a QR code. The library QRCoder computes the code; this class draws it in exactly the
/// wanted size.
/// </summary>
internal static class QrImage
{
    /// <summary>The margin that QRCoder adds to each side, in modules.</summary>
    private const int LibraryMargin = 4;

    /// <returns>
    /// False if the text is too long for the level, or if the image is too small to show its modules.
    /// </returns>
    public static bool TryDraw(
        string text, QrStyle style, QrFormat format, [NotNullWhen(true)] out byte[]? image)
    {
        image = null;
        if (TryEncode(text, style.Level) is not { } modules)
            return false;
        if (modules.Count + (2 * style.Margin) is var side && side > style.Size)
            return false;
        image = format == QrFormat.Svg ? DrawSvg(modules, style, side) : DrawPng(modules, style, side);
        return true;
    }

    /// <summary>Returns the rows of modules, without a margin; null if the text is too long.</summary>
    private static List<BitArray>? TryEncode(string text, char level)
    {
        try
        {
            using var data = QRCodeGenerator.GenerateQrCode(text, LevelOf(level));
            return [.. data.ModuleMatrix[LibraryMargin..^LibraryMargin].Select(row =>
            {
                var inner = new BitArray(row.Length - (2 * LibraryMargin));
                for (var column = 0; column < inner.Length; column++)
                    inner[column] = row[column + LibraryMargin];
                return inner;
            })];
        }
        catch (QRCoder.Exceptions.DataTooLongException)
        {
            return null;
        }
    }

    private static QRCodeGenerator.ECCLevel LevelOf(char level) => level switch
    {
        'L' => QRCodeGenerator.ECCLevel.L,
        'M' => QRCodeGenerator.ECCLevel.M,
        'Q' => QRCodeGenerator.ECCLevel.Q,
        _ => QRCodeGenerator.ECCLevel.H,
    };

    /// <summary>Draws each run of dark modules in a row as one part of one path.</summary>
    private static byte[] DrawSvg(List<BitArray> modules, QrStyle style, int side)
    {
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{style.Size}" height="{style.Size}"
              viewBox="0 0 {side} {side}" shape-rendering="crispEdges">

            """);
        if (style.Light is { } light)
        {
            svg.Append(
                CultureInfo.InvariantCulture, $"""<path fill="#{light}" d="M0 0h{side}v{side}H0z"/>""");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<path fill=\"#{style.Dark}\" d=\"");
        for (var row = 0; row < modules.Count; row++)
            AppendRow(svg, modules[row], row, style.Margin);
        svg.Append("\"/></svg>");
        return Encoding.UTF8.GetBytes(svg.ToString());
    }

    private static void AppendRow(StringBuilder svg, BitArray modules, int row, int margin)
    {
        for (var column = 0; column < modules.Length; column++)
        {
            var length = 0;
            while (column + length < modules.Length && modules[column + length])
                length++;
            if (length == 0)
                continue;
            svg.Append(
                CultureInfo.InvariantCulture,
                $"M{column + margin} {row + margin}h{length}v1h-{length}z");
            column += length;
        }
    }

    /// <summary>
    /// Draws each module as a square of whole pixels, in the middle of the image. QRCoder writes the PNG: it
    /// gets the pixels of the image as modules.
    /// </summary>
    private static byte[] DrawPng(List<BitArray> modules, QrStyle style, int side)
    {
        var scale = style.Size / side;
        var offset = (style.Size - (modules.Count * scale)) / 2;
        using var pixels = new QRCodeData(version: 1);
        pixels.ModuleMatrix.Clear();
        var blank = new BitArray(style.Size);
        for (var y = 0; y < style.Size; y++)
        {
            var row = (y - offset) / scale;
            pixels.ModuleMatrix.Add(
                y < offset || row >= modules.Count ? blank
                : (y - offset) % scale > 0 ? pixels.ModuleMatrix[^1]
                : Widen(modules[row], scale, offset, style.Size));
        }

        using var png = new PngByteQRCode(pixels);
        return png.GetGraphic(1, ColorOf(style.Dark), ColorOf(style.Light), drawQuietZones: true);
    }

    private static BitArray Widen(BitArray modules, int scale, int offset, int size)
    {
        var pixels = new BitArray(size);
        for (var column = 0; column < modules.Length * scale; column++)
            pixels[offset + column] = modules[column / scale];
        return pixels;
    }

    /// <summary>Returns red, green, blue and opacity; a transparent color is white.</summary>
    private static byte[] ColorOf(string? color) =>
        color is null ? [255, 255, 255, 0] : [.. Convert.FromHexString(color), 255];
}

internal enum QrFormat
{
    Svg,
    Png,
}
