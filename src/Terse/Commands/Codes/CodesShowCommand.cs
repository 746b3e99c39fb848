using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Terse.Codes;
using Terse.Ids;
using Terse.Links;
using Terse.Storage;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse codes show</c>, which decodes a code with every id layout that the database has used
/// so far.
/// </summary>
internal static class CodesShowCommand
{
    /// <summary>
    /// How far the time of a new code can be ahead of the clock of this machine, after a clock was set back.
    /// </summary>
    private static readonly TimeSpan MaxLead = TimeSpan.FromMinutes(5);

    private static readonly Argument<string> Code = new("CODE") { Description = "The code to decode." };

    public static Command Create(ServerBuilder build)
    {
        var command = new Command(
            "show",
            "Shows when and by which node a code was created. Accepts the settings of serve, such as --data.")
        {
            Code,
            ServeSettings.Data,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.Validators.Add(RequireCodeFirst);
        command.SetAction((arguments, cancellationToken) => ServerParts.RunAsync(
            build, arguments, "terse codes show", app => ShowAsync(app, arguments, cancellationToken)));
        return command;
    }

    /// <summary>
    /// Requires the code before the first setting. Otherwise, the parser would read the value of the setting
    /// as the code.
    /// </summary>
    private static void RequireCodeFirst(CommandResult command)
    {
        if (command.Tokens is [var first, ..] && first.Value.Contains(':', StringComparison.Ordinal))
            command.AddError($"Put the code before '{first.Value}'.");
    }

    private static async Task ShowAsync(
        WebApplication app, ParseResult arguments, CancellationToken cancellationToken)
    {
        var stored = await app.Services.GetRequiredService<IStorage>().ReadLayoutsAsync(cancellationToken);
        stored.CheckSecret(app.Services.GetRequiredService<DesiredLayout>());
        var history = app.Services.GetRequiredService<CodeStrategies>().HistoryOf(stored);
        var now = app.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        Show(arguments.GetValue(Code)!, history, now, arguments.InvocationConfiguration.Output);
    }

    private static void Show(string code, CodeHistory history, DateTimeOffset now, TextWriter output)
    {
        if (!CustomCode.CouldBeCode(code))
        {
            output.WriteLine(
                $"This is no code. A code has 1 to {CustomCode.MaxLength} characters: letters, digits, emoji "
                + "and -_.~!$&'()*,;=:@.");
            return;
        }

        if (history.NewestTimeOf(code) is null)
        {
            output.WriteLine(
                "The code does not begin with a digit: it is custom or random, and contains no time.");
            return;
        }

        var origins = history.FindOrigins(code).ToList();
        if (origins.Count == 0)
            output.WriteLine("No layout of this database explains the code: Terse has not created it here.");
        foreach (var origin in origins)
            Show(origin, now, output);
    }

    private static void Show(CodeOrigin origin, DateTimeOffset now, TextWriter output)
    {
        var (layout, ids, id) = (origin.Layout, origin.Layout.Ids, origin.Id);
        output.WriteLine($"strategy  {origin.Strategy.Name}{(origin.Layout.Opaque ? ", opaque" : "")}");
        output.WriteLine($"minted    {Text(origin.Begin)} to {Text(origin.End)}");
        if (origin.Begin > now + MaxLead)
            output.WriteLine("          this time is in the future: Terse has not created the code");
        if (origin.Strategy.Encodes == EncodedPart.WholeId)
        {
            output.WriteLine($"id        {id.ToString("D")}");
            var milliseconds = ids.TickLength.TotalMilliseconds;
            output.WriteLine($"tick      {Text(ids.TickOf(id))} of {Text(milliseconds)} ms");
            output.WriteLine($"node      {Text(ids.NodeOf(id))} of {Text(ids.NodeCount)}");
            output.WriteLine($"sequence  {Text(ids.SequenceOf(id))} of {Text(ids.SequenceCount)}");
        }

        output.WriteLine($"layout    {Text(layout.Number)}, in use since {Text(layout.Since)}");
    }

    private static string Text(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
