using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Trace;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class SpanSamplerTests
{
    [Theory]
    [InlineData("always_on", "request", ActivityKind.Server, true)]
    [InlineData("always_off", "request", ActivityKind.Server, false)]
    [InlineData("parentbased_always_off", "request", ActivityKind.Server, false)]
    [InlineData("always_off", SpanSampler.Redirect, ActivityKind.Server, true)]
    [InlineData("always_off", "visits", ActivityKind.Internal, true)]
    [InlineData("always_on", "postgresql", ActivityKind.Client, false)]
    public void The_kind_of_work_decides_about_a_span_without_a_parent(
        string sampler, string name, ActivityKind kind, bool isRecorded) =>
        Assert.Equal(isRecorded, Samples(sampler, default, name, kind));

    [Theory]
    [InlineData("parentbased_always_off", ActivityTraceFlags.Recorded, true)]
    [InlineData("parentbased_always_on", ActivityTraceFlags.None, false)]
    [InlineData("always_on", ActivityTraceFlags.None, true)]
    [InlineData("always_off", ActivityTraceFlags.Recorded, false)]
    public void The_decision_of_a_caller_counts_if_the_sampler_says_so(
        string sampler, ActivityTraceFlags flags, bool isRecorded)
    {
        var caller = new ActivityContext(
            ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags, isRemote: true);

        Assert.Equal(isRecorded, Samples(sampler, caller, "request", ActivityKind.Server));
    }

    [Theory]
    [InlineData(Cluster.BeatSpan)]
    [InlineData(SpanSampler.Lookup)]
    public void Work_that_is_frequent_is_rarely_recorded_outside_of_requests(string name)
    {
        var recorded = Enumerable.Range(0, 10_000).Count(_ =>
            Samples("always_on", default, name, ActivityKind.Internal));

        Assert.InRange(recorded, 20, 300);
    }

    private static bool Samples(string sampler, ActivityContext parent, string name, ActivityKind kind)
    {
        var variables = new OtelVariables(new ConfigurationBuilder().AddInMemoryCollection(
            [new("OTEL_TRACES_SAMPLER", sampler)]).Build());
        var parameters = new SamplingParameters(parent, ActivityTraceId.CreateRandom(), name, kind);
        return SpanSampler.Of(variables).ShouldSample(parameters).Decision
            == SamplingDecision.RecordAndSample;
    }
}
