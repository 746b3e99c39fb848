using Amazon.Runtime;
using Amazon.Runtime.Credentials;

namespace Terse.Hosting;

/// <summary>
/// The credentials of the AWS SDK: of the environment, of a profile, of the container or of the instance. The
/// SDK keeps them, and renews them before they expire.
/// </summary>
internal static class AwsCredentials
{
    /// <summary>Finds the credentials. The search can block the thread.</summary>
    /// <exception cref="AmazonClientException">There are none.</exception>
    public static async Task<ImmutableCredentials> FindAsync()
    {
        var found = await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync();
        return await found.GetCredentialsAsync();
    }
}
