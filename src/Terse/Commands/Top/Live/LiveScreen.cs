using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Terse.Commands;

/// <summary>
/// The alternate screen of a terminal, without a cursor. Disposal shows the ordinary screen and the cursor
/// again. The sequences are those of xterm (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html).
/// </summary>
internal sealed class LiveScreen : IDisposable
{
    /// <summary>Alternate screen, no cursor, no wrapping of long lines.</summary>
    private const string Enter = "\e[?1049h\e[?25l\e[?7l\e[2J";

    /// <summary>
    /// Also ends the mode of the keypad (<c>?1</c> and <c>=</c>) that .NET begins when it reads keys, and
    /// leaves on.
    /// </summary>
    private const string Leave = "\e[0m\e[?7h\e[?25h\e[?1049l\e[?1l\e>";

    private readonly IAnsiConsole _console;

    private LiveScreen(IAnsiConsole console)
    {
        _console = console;
        _console.Write(new ControlCode(Enter));
    }

    /// <summary>Whether the output is a terminal that knows control sequences.</summary>
    public static bool IsPossible => !Console.IsOutputRedirected && Create().Profile.Capabilities.Ansi;

    public static LiveScreen Begin() => new(Create());

    /// <summary>The size of the terminal now. A terminal without a size has the classic one.</summary>
    public static (int Width, int Height) Size => (
        Console.WindowWidth is > 0 and var width ? width : 80,
        Console.WindowHeight is > 0 and var height ? height : 24);

    public void Draw(IReadOnlyList<PageLine> lines) => Write(new Frame(lines, Size.Width));

    public void Dispose() => Write(new ControlCode(Leave));

    private void Write(IRenderable output)
    {
        try
        {
            _console.Write(output);
        }
        catch (IOException)
        {
            // The terminal is gone. SIGHUP ends the page.
        }
    }

    private static IAnsiConsole Create() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        ColorSystem = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 }
            ? ColorSystemSupport.NoColors
            : ColorSystemSupport.Detect,
        Out = new AnsiConsoleOutput(Console.Out),
    });

    /// <summary>Writes the lines at their places. The screen is not erased first: it would flicker.</summary>
    private sealed class Frame(IReadOnlyList<PageLine> lines, int width) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
        {
            for (var row = 0; row < lines.Count; row++)
            {
                yield return Segment.Control(
                    string.Create(CultureInfo.InvariantCulture, $"\e[{row + 1};1H"));
                foreach (var piece in lines[row].Pieces)
                    yield return new Segment(piece.Text, StyleOf(piece.Style));
                if (lines[row].Width < width)
                    yield return Segment.Control("\e[K");
            }

            yield return Segment.Control("\e[J");
        }

        private static Style StyleOf(PageStyle style) => style switch
        {
            PageStyle.Head => new Style(decoration: Decoration.Bold),
            PageStyle.Dim => new Style(decoration: Decoration.Dim),
            PageStyle.Good => new Style(Color.Green),
            PageStyle.Warning => new Style(Color.Yellow),
            PageStyle.Bad => new Style(Color.Red, decoration: Decoration.Bold),
            _ => Style.Plain,
        };
    }
}
