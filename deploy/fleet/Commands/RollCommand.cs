using System.CommandLine;

namespace Terse.FleetTool;

/// <summary>The command <c>roll</c>, which replaces the servers one at a time.</summary>
internal static class RollCommand
{
    private static readonly Option<string?> To = new("--to")
    {
        Description = "The path of the terse program that the servers get; without it, they start again.",
        CustomParser = argument => Path.GetFullPath(argument.Tokens[0].Value),
    };

    public static Command Create()
    {
        var command = new Command("roll", "Replaces the servers one at a time; no request fails.")
        {
            To, FleetOptions.Data,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken interrupted)
    {
        var program = arguments.GetValue(To);
        if (program is not null && !File.Exists(program))
            throw new FleetException($"There is no program {program}.");
        using var fleet = await Fleet.OpenRunningAsync(
            arguments.GetValue(FleetOptions.Data)!, interrupted);
        using var changing = fleet.Lock();
        if (fleet.Layout.Servers < 2)
            throw new FleetException("A roll needs two servers, as one answers meanwhile: ./fleet scale 2");
        await new Roll(fleet, program).RunAsync();
        await StatusTable.WriteAsync(fleet);
        return 0;
    }
}
