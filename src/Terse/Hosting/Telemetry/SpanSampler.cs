using System.Diagnostics;
using System.Globalization;
using OpenTelemetry.Trace;
using Terse.Horizon;

namespace Terse.Hosting;

/// <summary>
/// Decides which spans without a parent in this process are recorded. A span with a parent is recorded if its
/// parent is. Requests follow the variable <c>OTEL_TRACES_SAMPLER</c>, redirects
/// <see cref="TelemetryOptions.RedirectTraceShare"/>. Work in the background is recorded, but only a share of
/// the beats and of the lookups without a request (the warm start, and cached links that are loaded again).
/// </summary>
internal sealed class SpanSampler : Sampler
{
    /// <summary>The name of the root span of a redirect, which exists only if it is to be recorded.</summary>
    public const string Redirect = "GET /{code}";

    public const string Lookup = "lookup";

    private const double ShareOfFrequent = 0.01;

    private readonly Sampler _requests;
    private readonly Sampler _frequent = new TraceIdRatioBasedSampler(ShareOfFrequent);

    private SpanSampler(Sampler requests) => _requests = requests;

    /// <exception cref="StartupException">The variable has an unknown value.</exception>
    public static Sampler Of(OtelVariables variables)
    {
        var name = variables.Sampler ?? "parentbased_always_on";
        const string ParentBased = "parentbased_";
        var followsCaller = name.StartsWith(ParentBased, StringComparison.Ordinal);
        var roots = new SpanSampler((followsCaller ? name[ParentBased.Length..] : name) switch
        {
            "always_on" => new AlwaysOnSampler(),
            "always_off" => new AlwaysOffSampler(),
            "traceidratio" => new TraceIdRatioBasedSampler(ReadShare(variables.SamplerArgument)),
            _ => throw new StartupException(
                $"OTEL_TRACES_SAMPLER is '{name}'; set it to always_on, always_off, traceidratio, or one of "
                + "these with 'parentbased_' before it."),
        });
        return followsCaller
            ? new ParentBasedSampler(roots)
            : new ParentBasedSampler(roots, remoteParentSampled: roots, remoteParentNotSampled: roots);
    }

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters switch
        {
            { Name: Redirect } => new(SamplingDecision.RecordAndSample),
            { Name: Cluster.BeatSpan or Lookup } => _frequent.ShouldSample(samplingParameters),
            { Kind: ActivityKind.Server } => _requests.ShouldSample(samplingParameters),

            // A statement of the database outside of any span, such as a probe.
            { Kind: ActivityKind.Client } => new(SamplingDecision.Drop),
            _ => new(SamplingDecision.RecordAndSample),
        };

    private static double ReadShare(string? text)
    {
        if (text is null)
            return 1;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var share)
            && share is >= 0 and <= 1
                ? share
                : throw new StartupException($"OTEL_TRACES_SAMPLER_ARG is '{text}'; set it to 0 to 1.");
    }
}
