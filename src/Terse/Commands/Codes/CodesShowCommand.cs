using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Terse.Codes;
using Terse.Ids;
using Terse.Storage;

namespace Terse.Commands;

/// <summary><c>terse codes show</c>: takes a code apart, by all layouts that the database ever used.</summary>
internal static class CodesShowCommand
{
    private static readonly Argument<string> Code = new("CODE") { Description = "The code to take apart." };

    public static Command Create(ServerBuilder build)
    {
        var command = new Command(
            "show", "Tells what a code tells. Takes the settings of serve, such as --data.")
        {
            Code,
            ServeSettings.Data,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.Validators.Add(AssertCodeStandsFirst);
        command.SetAction((arguments, cancellationToken) => ServerParts.RunAsync(
            build, arguments, "terse codes show", app => ShowAsync(app, arguments, cancellationToken)));
        return command;
    }

    /// <summary>After the name of a setting, its value would be taken for the code.</summary>
    private static void AssertCodeStandsFirst(CommandResult command)
    {
        if (command.Tokens is [var first, ..] && first.Value.Contains(':', StringComparison.Ordinal))
            command.AddError($"The code has to stand before '{first.Value}'.");
    }

    private static async Task ShowAsync(
        WebApplication app, ParseResult arguments, CancellationToken cancellationToken)
    {
        var record = await app.Services.GetRequiredService<IStorage>().ReadLayoutsAsync(cancellationToken);
        record.AssertSecret(app.Services.GetRequiredService<DesiredLayout>());
        var history = new CodeHistory(
            record.Layouts, app.Services.GetRequiredService<CodeStrategies>().All);
        Show(arguments.GetValue(Code)!, history, arguments.InvocationConfiguration.Output);
    }

    private static void Show(string code, CodeHistory history, TextWriter output)
    {
        if (history.NewestTimeOf(code) is null)
        {
            output.WriteLine(
                "The code begins with no digit: it was chosen or is random, and tells nothing of its time.");
            return;
        }

        var readings = history.Read(code).ToList();
        if (readings.Count == 0)
            output.WriteLine("No layout that this database ever used can have made the code.");
        foreach (var reading in readings)
            Show(reading, output);
    }

    private static void Show(CodeReading reading, TextWriter output)
    {
        var (layout, ids, id) = (reading.Layout, reading.Layout.Ids, reading.Id);
        output.WriteLine($"strategy  {reading.Strategy.Name}{(reading.Layout.Opaque ? ", opaque" : "")}");
        output.WriteLine($"minted    {Text(reading.Begin)} to {Text(reading.End)}");
        if (reading.Strategy.Content == CodeContent.Id)
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
