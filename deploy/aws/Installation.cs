using Amazon.CDK;
using Terse.Aws.Configuration;
using Terse.Aws.Database;
using Terse.Aws.Image;
using Terse.Aws.Network;
using Terse.Aws.Service;
using Terse.Aws.Settings;
using Terse.Aws.Watch;

namespace Terse.Aws;

/// <summary>All stacks of one installation, in the order in which they are deployed.</summary>
internal static class Installation
{
    public static void Add(App app, AwsSettings settings)
    {
        var network = new NetworkStack(app, settings);
        var database = new DatabaseStack(app, settings, network);
        var configuration = new ConfigurationStack(app, settings, network);
        var image = new ImageStack(app, settings, network);
        var service = new ServiceStack(app, settings, network, database, configuration, image);
        _ = new WatchStack(app, settings, database, service);
        Tags.Of(app).Add("installation", settings.Name);
    }
}
