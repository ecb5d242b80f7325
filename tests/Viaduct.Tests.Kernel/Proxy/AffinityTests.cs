using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>Session affinity with real packets.</summary>
public class AffinityTests
{
    private const int Enough = 15;

    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public void A_client_stays_with_its_endpoint_by_whatever_address_it_comes_and_after_a_restart(IPFamily family)
    {
        var network = new CaseNetwork(family);
        using var lab = Lab(network);
        lab.Apply(State(network, CaseEndpoints.Both));
        var first = Answer(lab, CaseTarget.ClusterIP);
        foreach (var target in new[] { CaseTarget.ClusterIP, CaseTarget.NodePort, CaseTarget.LoadBalancerIP, CaseTarget.ExternalIP })
            Assert.All(Enumerable.Range(0, Enough), _ => Assert.Equal(first, Answer(lab, target)));

        using (lab.Backend)
            lab.NewBackend();
        lab.Apply(State(network, CaseEndpoints.Both));
        Assert.All(Enumerable.Range(0, Enough), _ => Assert.Equal(first, Answer(lab, CaseTarget.NodePort)));
    }

    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public void A_client_whose_endpoint_leaves_comes_to_another_one_at_once_and_stays_there(IPFamily family)
    {
        var network = new CaseNetwork(family);
        using var lab = Lab(network);
        lab.Apply(State(network, CaseEndpoints.Both));
        var first = Answer(lab, CaseTarget.ClusterIP);
        var (rest, other) = first == "local" ? (CaseEndpoints.Remote, "remote") : (CaseEndpoints.Local, "local");
        lab.Apply(State(network, rest));
        Assert.Equal(other, Answer(lab, CaseTarget.ClusterIP));
        lab.Apply(State(network, CaseEndpoints.Both));
        Assert.All(Enumerable.Range(0, Enough), _ => Assert.Equal(other, Answer(lab, CaseTarget.ClusterIP)));
    }

    [Fact]
    public void A_client_is_remembered_for_the_time_of_the_service_and_chosen_for_anew_afterwards()
    {
        using var lab = Lab(new CaseNetwork(IPFamily.IPv4));
        lab.Apply(State(lab.Network, CaseEndpoints.Both, seconds: 1));
        var first = Answer(lab, CaseTarget.ClusterIP);
        // Chance gives it the same one again in half of the tries.
        for (var tries = 0; ; tries++)
        {
            Assert.True(SpinWait.SpinUntil(() => Entries(lab).Count == 0, TimeSpan.FromSeconds(20)));
            if (Answer(lab, CaseTarget.ClusterIP) != first)
                return;
            Assert.InRange(tries, 0, 20);
        }
    }

    [Fact]
    public void Every_new_connection_begins_the_time_anew()
    {
        using var lab = Lab(new CaseNetwork(IPFamily.IPv4));
        lab.Apply(State(lab.Network, CaseEndpoints.Both, seconds: 60));
        var first = Answer(lab, CaseTarget.ClusterIP);
        var rest = TimeSpan.Zero;
        Assert.True(SpinWait.SpinUntil(() => (rest = Rest()) < TimeSpan.FromSeconds(59.8), TimeSpan.FromSeconds(20)));
        Assert.Equal(first, Answer(lab, CaseTarget.NodePort));
        Assert.InRange(Rest(), TimeSpan.FromSeconds(59.8), TimeSpan.FromSeconds(60));

        TimeSpan Rest() => Assert.Single(Entries(lab)).Expiration!.Value;
    }

    [Fact]
    public void Another_time_of_the_service_holds_from_the_next_connection_on_and_the_endpoint_stays()
    {
        using var lab = Lab(new CaseNetwork(IPFamily.IPv4));
        lab.Apply(State(lab.Network, CaseEndpoints.Both, seconds: 60));
        var first = Answer(lab, CaseTarget.ClusterIP);
        lab.Apply(State(lab.Network, CaseEndpoints.Both, seconds: 600));
        Assert.All(Enumerable.Range(0, Enough), _ => Assert.Equal(first, Answer(lab, CaseTarget.ClusterIP)));
        Assert.InRange(Assert.Single(Entries(lab)).Expiration!.Value, TimeSpan.FromSeconds(590), TimeSpan.FromSeconds(600));
    }

    [Fact]
    public void When_the_map_of_clients_is_full_more_clients_are_served_without_affinity_and_the_others_stay()
    {
        using var lab = Lab(new CaseNetwork(IPFamily.IPv4));
        lab.Apply(State(lab.Network, CaseEndpoints.Both));
        var first = Answer(lab, CaseTarget.ClusterIP);
        Fill(lab);
        var others = Enumerable.Range(0, 64).Select(_ => Answer(lab, CaseTarget.ClusterIP, CaseClient.RemotePod)).ToHashSet();
        Assert.Equal(["local", "remote"], others.Order());
        Assert.All(Enumerable.Range(0, Enough), _ => Assert.Equal(first, Answer(lab, CaseTarget.ClusterIP)));
    }

    [Fact]
    public void Ports_of_a_service_remember_clients_each_for_itself()
    {
        using var lab = Lab(new CaseNetwork(IPFamily.IPv4));
        var port = lab.Network.Service(TransportProtocol.Tcp) with { AffinitySeconds = 60, Endpoints = [.. lab.Network.Endpoints(CaseEndpoints.Both)], HasEndpointsAnywhere = true };
        lab.Apply(lab.Network.State(port, port with { Name = port.Name with { Port = "other" }, Port = CaseNetwork.OtherPort, NodePort = 0, ExternalIPs = [], LoadBalancerIPs = [] }));
        Answer(lab, CaseTarget.ClusterIP);
        Answer(lab, CaseTarget.OtherPortOfClusterIP);
        Assert.Equal(2, Entries(lab).Count);
    }

    [Fact]
    public void A_remembered_endpoint_that_the_policy_of_the_client_does_not_have_is_passed_over()
    {
        using var lab = Lab(new CaseNetwork(IPFamily.IPv4));
        var port = State(lab.Network, CaseEndpoints.Both).Ports.Values.Single() with { ExternalLocal = true, LocalEndpoints = [.. lab.Network.Endpoints(CaseEndpoints.Local)] };
        lab.Apply(lab.Network.State(port));
        for (var tries = 0; Answer(lab, CaseTarget.ClusterIP, CaseClient.Outside) != "remote"; tries++)
        {
            Assert.InRange(tries, 0, 40);
            Forget(lab);
        }

        Assert.All(Enumerable.Range(0, Enough), _ => Assert.Equal("local", Answer(lab, CaseTarget.NodePort, CaseClient.Outside)));
    }

    private static readonly NftTable Table = new(NftFamily.IPv4, "viaduct");

    private static IReadOnlyList<NftElement> Entries(CaseLab lab) => lab.Nft.ListElements(Table, "affinity");

    private static void Forget(CaseLab lab) => lab.Nft.Commit(new NftBatch().FlushSet(Table, "affinity"));

    // With clients of another Service port, as far as the map goes.
    private static void Fill(CaseLab lab)
    {
        var size = (int)lab.Nft.GetSet(Table, "affinity")!.Size!.Value - Entries(lab).Count;
        foreach (var clients in Enumerable.Range(0, size).Chunk(8192))
            lab.Nft.Commit(new NftBatch().AddElements(Table, "affinity", clients.Select(Client)));
        Assert.Throws<NetlinkException>(() => lab.Nft.Commit(new NftBatch().AddElements(Table, "affinity", [Client(size)])));
    }

    private static NftElement Client(int number) => new(
        new NftData([100, (byte)(number >> 16), (byte)(number >> 8), (byte)number, 6, 0, 0, 0, 99, 0, 0, 0]), new NftData([6, 0, 0, 0, 99, 0, 0, 0, 172, 20, 0, 3, 0x1f, 0x90, 0, 0]));

    private static CaseLab Lab(CaseNetwork network) => new(network, new CaseSettings(CaseDetector.Bridge, MasqueradeAll: false, CaseNodePorts.AllAddresses));

    private static ProxyState State(CaseNetwork network, CaseEndpoints endpoints, int seconds = 10800) => network.State(network.Service(TransportProtocol.Tcp) with
    {
        AffinitySeconds = seconds,
        Endpoints = [.. network.Endpoints(endpoints)],
        HasEndpointsAnywhere = true,
    });

    private static string Answer(CaseLab lab, CaseTarget target, CaseClient client = CaseClient.LocalPod)
    {
        var address = lab.Network.Of(target);
        return lab[client].AskTcp(address.Address, address.Port).Split(' ')[0];
    }
}
