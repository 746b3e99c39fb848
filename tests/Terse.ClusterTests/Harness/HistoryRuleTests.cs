using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests which requests and responses <see cref="History"/> reports as violations.</summary>
public sealed class HistoryRuleTests
{
    private readonly History _history = new();

    [Fact]
    public void A_link_that_leads_to_its_acknowledged_target_is_no_violation()
    {
        _history.Request("a", hasKey: false);
        _history.Acknowledge("1", "a", begun: 0);
        _history.Follow("1", "a");

        Assert.True(_history.IsAcknowledged("1"));
        Assert.Empty(_history.Violations);
    }

    [Fact]
    public void A_link_that_leads_to_another_target_is_a_violation()
    {
        _history.Request("a", hasKey: false);
        _history.Request("b", hasKey: false);
        _history.Acknowledge("1", "a", begun: 0);
        _history.Follow("1", "b");

        Assert.Single(_history.Violations);
    }

    [Fact]
    public void Two_links_with_one_code_are_a_violation()
    {
        _history.Request("a", hasKey: false);
        _history.Request("b", hasKey: false);
        _history.Acknowledge("1", "a", begun: 0);
        _history.Acknowledge("1", "b", begun: 0);

        Assert.Single(_history.Violations);
    }

    [Fact]
    public void A_creation_with_a_key_may_be_acknowledged_twice_only_with_the_same_code()
    {
        _history.Request("a", hasKey: true);
        _history.Acknowledge("1", "a", begun: 0);
        _history.Acknowledge("1", "a", begun: 0);
        Assert.Empty(_history.Violations);
        _history.Acknowledge("2", "a", begun: 0);

        Assert.Single(_history.Violations);
    }

    [Fact]
    public void A_code_may_lead_to_a_requested_target_and_not_to_a_target_that_no_client_sent()
    {
        _history.Request("a", hasKey: false);
        _history.Follow("1", "a");
        Assert.Empty(_history.Violations);
        _history.Follow("2", "b");

        Assert.Single(_history.Violations);
    }

    [Fact]
    public void The_first_creation_that_begins_after_a_promotion_ends_the_recovery_time()
    {
        var before = TimeProvider.System.GetTimestamp();
        _history.Request("a", hasKey: false);
        _history.Request("b", hasKey: false);
        _history.StartRecovery();
        _history.Acknowledge("1", "a", before);
        Assert.Empty(_history.RecoveryTimes);
        _history.Acknowledge("2", "b", TimeProvider.System.GetTimestamp());

        Assert.Single(_history.RecoveryTimes);
    }
}
