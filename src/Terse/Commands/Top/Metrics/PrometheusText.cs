using System.Globalization;
using System.Text;

namespace Terse.Commands;

/// <summary>
/// Reads the text format of Prometheus, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/). A damaged line is skipped.
/// </summary>
internal static class PrometheusText
{
    /// <returns>The samples, and whether every line could be read.</returns>
    public static (List<MetricSample> Samples, bool IsComplete) Read(string text)
    {
        var samples = new List<MetricSample>();
        var isComplete = true;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var trimmed = line.Trim(" \t");
            if (trimmed.IsEmpty || trimmed[0] == '#')
                continue;
            if (new LineReader(trimmed).TryRead() is { } sample)
                samples.Add(sample);
            else
                isComplete = false;
        }

        return (samples, isComplete);
    }

    /// <summary>Reads one line: <c>name{label="value",…} number timestamp</c>.</summary>
    private ref struct LineReader(ReadOnlySpan<char> line)
    {
        private readonly ReadOnlySpan<char> _line = line;
        private int _position;

        public MetricSample? TryRead()
        {
            var name = ReadName();
            if (name.Length == 0)
                return null;
            List<KeyValuePair<string, string>> labels = [];
            SkipSpaces();
            var series = _position;
            if (TrySkip('{'))
            {
                if (!TryReadLabels(labels))
                    return null;
                series = _position;
            }

            return ReadWord() is { Length: > 0 } number
                && TryReadNumber(number, out var value)
                && IsEndOrTimestamp()
                    ? new MetricSample(_line[..series].TrimEnd().ToString(), name, [.. labels], value)
                    : null;
        }

        private bool TryReadLabels(List<KeyValuePair<string, string>> labels)
        {
            while (true)
            {
                SkipSpaces();
                if (TrySkip('}'))
                    return true;
                var name = ReadName();
                SkipSpaces();
                if (name.Length == 0 || !TrySkip('='))
                    return false;
                SkipSpaces();
                if (!TrySkip('"') || ReadQuoted() is not { } value)
                    return false;
                labels.Add(new(name, value));
                SkipSpaces();
                if (!TrySkip(',') && !(_position < _line.Length && _line[_position] == '}'))
                    return false;
            }
        }

        /// <summary>Reads the rest of a value up to its quotation mark; null if there is none.</summary>
        private string? ReadQuoted()
        {
            var value = new StringBuilder();
            while (_position < _line.Length)
            {
                var character = _line[_position++];
                if (character == '"')
                    return value.ToString();
                if (character == '\\' && _position < _line.Length)
                {
                    var escaped = _line[_position++];
                    character = escaped == 'n' ? '\n' : escaped;
                }

                value.Append(character);
            }

            return null;
        }

        private string ReadName()
        {
            var start = _position;
            while (_position < _line.Length && IsNameCharacter(_line[_position], _position == start))
                _position++;
            return _line[start.._position].ToString();
        }

        private ReadOnlySpan<char> ReadWord()
        {
            SkipSpaces();
            var start = _position;
            while (_position < _line.Length && _line[_position] is not (' ' or '\t'))
                _position++;
            return _line[start.._position];
        }

        private bool IsEndOrTimestamp()
        {
            var timestamp = ReadWord();
            return (timestamp.IsEmpty || long.TryParse(timestamp, CultureInfo.InvariantCulture, out _))
                && ReadWord().IsEmpty;
        }

        private void SkipSpaces()
        {
            while (_position < _line.Length && _line[_position] is ' ' or '\t')
                _position++;
        }

        private bool TrySkip(char expected)
        {
            if (_position >= _line.Length || _line[_position] != expected)
                return false;
            _position++;
            return true;
        }

        private static bool IsNameCharacter(char character, bool isFirst) =>
            char.IsAsciiLetter(character)
            || character is '_' or ':'
            || (!isFirst && char.IsAsciiDigit(character));

        private static bool TryReadNumber(ReadOnlySpan<char> text, out double value)
        {
            switch (text)
            {
                case "+Inf" or "Inf":
                    value = double.PositiveInfinity;
                    return true;
                case "-Inf":
                    value = double.NegativeInfinity;
                    return true;
                default:
                    return double.TryParse(
                        text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
            }
        }
    }
}
