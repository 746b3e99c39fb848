using Amazon.CDK;
using Terse.Aws.Cost;
using Terse.Aws.Settings;

namespace Terse.Aws;

/// <summary>
/// The CDK's command line starts this program without arguments, and reads the templates from the folder that
/// the program writes. With the argument <c>cost</c>, it prints the table of costs of the README.
/// </summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        if (arguments is ["cost"])
        {
            Console.Write(CostTable.Write(PriceList.Read()));
            return 0;
        }

        var app = new App(new AppProps { AnalyticsReporting = false });
        try
        {
            Installation.Add(app, AwsSettings.Read(app.Node));
        }
        catch (SettingsException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }

        app.Synth();
        return 0;
    }
}
