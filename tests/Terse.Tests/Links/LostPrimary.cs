using Terse.Hosting;

namespace Terse.Tests.Links;

/// <summary>Runs work as a store on PostgreSQL does while its primary is replaced.</summary>
internal static class LostPrimary
{
    /// <summary>Runs the work again, once, if the first attempt lost the primary.</summary>
    public static async Task<T> RunAgainAsync<T>(
        Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work(cancellationToken);
        }
        catch (StoreUnavailableException exception) when (exception.IsPrimaryLost)
        {
            return await work(cancellationToken);
        }
    }
}
