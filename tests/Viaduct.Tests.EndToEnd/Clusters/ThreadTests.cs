using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>Processes that enter network namespaces. The kernel gives a new thread the namespace of the one that makes it, also a thread of the runtime.</summary>
public class ThreadTests
{
    public static TheoryData<string> Actors => Actor.Names;

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task No_thread_of_a_cluster_stays_in_a_namespace_that_is_not_its_processs(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor), "--proxy-mode", "iptables");
        (await cluster.ViaductAsync("proxy-mode", "nftables")).Succeed();
        await cluster.CheckAsync();

        Assert.Empty(HostState.ThreadsElsewhere());
    }
}
