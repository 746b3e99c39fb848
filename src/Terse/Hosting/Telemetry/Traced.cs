using System.Diagnostics;

namespace Terse.Hosting;

/// <summary>Records work as a span. Without an exporter, nothing is recorded.</summary>
internal static class Traced
{
    /// <summary>Runs work in a span of its own, which is marked as failed if the work throws.</summary>
    /// <param name="name">What the work does, such as <c>creation</c>.</param>
    /// <param name="work">The work.</param>
    public static Task<T> RunAsync<T>(string name, Func<Task<T>> work) =>
        Telemetry.Spans.HasListeners() ? RecordAsync(name, work) : work();

    /// <inheritdoc cref="RunAsync{T}(string, Func{Task{T}})"/>
    public static Task RunAsync(string name, Func<Task> work) => RunAsync(name, async () =>
    {
        await work();
        return true;
    });

    /// <summary>
    /// Marks a span as failed. The message of the exception stays out of the span, because it can contain
    /// what a client has sent; the log has it.
    /// </summary>
    public static void SetFailed(this Activity? span, Exception exception)
    {
        span?.SetStatus(ActivityStatusCode.Error, exception.GetType().Name);
        span?.SetTag("error.type", exception.GetType().FullName);
    }

    private static async Task<T> RecordAsync<T>(string name, Func<Task<T>> work)
    {
        using var span = Telemetry.Spans.StartActivity(name);
        try
        {
            return await work();
        }
        catch (Exception exception) when (span is not null)
        {
            span.SetFailed(exception);
            throw;
        }
    }
}
