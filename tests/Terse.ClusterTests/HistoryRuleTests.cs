namespace Terse.ClusterTests;

/// <summary>What the checker sees, and what it lets pass.</summary>
public sealed class HistoryRuleTests
{
    private readonly History _history = new();

    [Fact]
    public void A_link_that_leads_where_it_was_acknowledged_to_is_right()
    {
        _history.Ask("a", hasKey: false);
        _history.Acknowledge("1", "a", begun: 0);
        _history.Follow("1", "a");

        Assert.True(_history.IsAcknowledged("1"));
        Assert.Empty(_history.Violations);
    }

    [Fact]
    public void A_link_that_leads_elsewhere_is_a_violation()
    {
        _history.Ask("a", hasKey: false);
        _history.Ask("b", hasKey: false);
        _history.Acknowledge("1", "a", begun: 0);
        _history.Follow("1", "b");

        Assert.Single(_history.Violations);
    }

    [Fact]
    public void A_code_that_is_given_twice_is_a_violation()
    {
        _history.Ask("a", hasKey: false);
        _history.Ask("b", hasKey: false);
        _history.Acknowledge("1", "a", begun: 0);
        _history.Acknowledge("1", "b", begun: 0);

        Assert.Single(_history.Violations);
    }

    [Fact]
    public void A_creation_with_a_key_may_be_acknowledged_again_with_the_same_code_and_no_other()
    {
        _history.Ask("a", hasKey: true);
        _history.Acknowledge("1", "a", begun: 0);
        _history.Acknowledge("1", "a", begun: 0);
        Assert.Empty(_history.Violations);
        _history.Acknowledge("2", "a", begun: 0);

        Assert.Single(_history.Violations);
    }

    [Fact]
    public void A_creation_whose_answer_was_lost_may_be_there_and_what_nobody_asked_for_may_not()
    {
        _history.Ask("a", hasKey: false);
        _history.Follow("1", "a");
        Assert.Empty(_history.Violations);
        _history.Follow("2", "b");

        Assert.Single(_history.Violations);
    }

    [Fact]
    public void The_first_creation_that_was_asked_for_after_a_promotion_ends_its_time()
    {
        var before = TimeProvider.System.GetTimestamp();
        _history.Ask("a", hasKey: false);
        _history.Ask("b", hasKey: false);
        _history.Promoting();
        _history.Acknowledge("1", "a", before);
        Assert.Empty(_history.CreatingAgain);
        _history.Acknowledge("2", "b", TimeProvider.System.GetTimestamp());

        Assert.Single(_history.CreatingAgain);
    }
}
