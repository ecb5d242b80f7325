using Viaduct.Proxy.Backends.Iptables;

namespace Viaduct.Tests.Proxy;

/// <summary>Which commits of nf_tables are the proxy's own.</summary>
public class OwnGenerationsTests
{
    [Fact]
    public void A_write_owns_the_generations_that_it_made()
    {
        var own = new OwnGenerations();

        Assert.True(own.Note(before: 7, after: 9, commits: 2));

        Assert.Equal([false, true, true, false], new uint[] { 7, 8, 9, 10 }.Select(own.Has));
    }

    [Fact]
    public void More_commits_than_its_own_were_somebody_elses() => Assert.False(new OwnGenerations().Note(before: 7, after: 10, commits: 2));

    [Fact]
    public void Nothing_written_owns_nothing()
    {
        var own = new OwnGenerations();
        Assert.True(own.Note(before: 7, after: 7, commits: 0));
        Assert.False(own.Has(7));
    }

    [Fact]
    public void The_number_may_wrap()
    {
        var own = new OwnGenerations();

        Assert.True(own.Note(before: uint.MaxValue, after: 1, commits: 2));

        Assert.Equal([false, true, true, false], new uint[] { uint.MaxValue, 0, 1, 2 }.Select(own.Has));
    }
}
