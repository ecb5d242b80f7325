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

    private static CaseLab Lab(CaseNetwork network) => new(network, new CaseSettings(CaseDetector.Bridge, MasqueradeAll: false, CaseNodePorts.AllAddresses));

    private static ProxyState State(CaseNetwork network, CaseEndpoints endpoints) => network.State(network.Service(TransportProtocol.Tcp) with
    {
        AffinitySeconds = 10800,
        Endpoints = [.. network.Endpoints(endpoints)],
        HasEndpointsAnywhere = true,
    });

    private static string Answer(CaseLab lab, CaseTarget target)
    {
        var address = lab.Network.Of(target);
        return lab[CaseClient.LocalPod].AskTcp(address.Address, address.Port).Split(' ')[0];
    }
}
