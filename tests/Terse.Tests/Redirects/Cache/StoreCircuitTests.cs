using Microsoft.Extensions.Time.Testing;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

public sealed class StoreCircuitTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly StoreCircuit _circuit;

    public StoreCircuitTests() => _circuit = new StoreCircuit(_time);

    [Fact]
    public void While_the_circuit_is_closed_every_caller_may_load()
    {
        Assert.False(IsOpen());
        Assert.True(_circuit.TryStartTrial());
        Assert.True(_circuit.TryStartTrial());
    }

    [Fact]
    public void One_second_after_the_loss_one_caller_makes_a_trial()
    {
        _circuit.Open();
        _time.Advance(Second - Tick);
        Assert.True(IsOpen());
        Assert.False(_circuit.TryStartTrial());

        _time.Advance(Tick);
        Assert.False(IsOpen());
        Assert.True(_circuit.TryStartTrial());
        Assert.True(IsOpen());
        Assert.False(_circuit.TryStartTrial());
    }

    [Fact]
    public void A_trial_that_takes_5_seconds_lets_another_caller_make_a_trial()
    {
        _circuit.Open();
        _time.Advance(Second);
        Assert.True(_circuit.TryStartTrial());
        _time.Advance((5 * Second) - Tick);
        Assert.False(_circuit.TryStartTrial());
        _time.Advance(Tick);
        Assert.True(_circuit.TryStartTrial());
    }

    [Fact]
    public void A_successful_load_closes_the_circuit()
    {
        _circuit.Open();
        _circuit.Close();

        Assert.False(IsOpen());
        Assert.True(_circuit.TryStartTrial());
        Assert.True(_circuit.TryStartTrial());
    }

    [Fact]
    public void A_failed_trial_delays_the_next_trial_by_one_second()
    {
        _circuit.Open();
        _time.Advance(Second);
        Assert.True(_circuit.TryStartTrial());
        _circuit.Open();
        _time.Advance(Second - Tick);
        Assert.False(_circuit.TryStartTrial());
        _time.Advance(Tick);
        Assert.True(_circuit.TryStartTrial());
    }

    [Fact]
    public void Of_many_callers_at_the_same_time_one_makes_the_trial()
    {
        for (var round = 0; round < 1000; round++)
        {
            _circuit.Open();
            _time.Advance(Second);
            var trials = 0;
            Parallel.For(0, 8, _ =>
            {
                if (_circuit.TryStartTrial())
                    Interlocked.Increment(ref trials);
            });
            Assert.Equal(1, trials);
        }
    }

    private bool IsOpen() => _circuit.IsOpenAt(_time.GetTimestamp());
}
