using System.Globalization;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class AgentCacheTests
{
    [Fact]
    public void A_repeated_user_agent_is_checked_once_and_keeps_its_result()
    {
        var checks = 0;
        var cache = new AgentCache<bool>(agent =>
        {
            checks++;
            return agent.EndsWith('t');
        });

        for (var time = 0; time < 3; time++)
            Assert.True(cache.Read("bot"));
        Assert.Equal(1, checks);
    }

    [Fact]
    public void Many_user_agents_each_get_their_own_result()
    {
        var cache = new AgentCache<bool>(agent => int.Parse(agent, CultureInfo.InvariantCulture) % 2 == 0);

        for (var round = 0; round < 2; round++)
        {
            for (var number = 0; number < 5_000; number++)
                Assert.Equal(number % 2 == 0, cache.Read(number.ToString(CultureInfo.InvariantCulture)));
        }
    }

    [Fact]
    public void A_very_long_user_agent_is_checked_but_not_kept()
    {
        var checks = 0;
        var cache = new AgentCache<bool>(_ => ++checks > 0);
        var agent = new string('u', 5_000);

        Assert.True(cache.Read(agent) && cache.Read(agent));
        Assert.Equal(2, checks);
    }
}
