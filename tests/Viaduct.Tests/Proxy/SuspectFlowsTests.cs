using System.Net;
using Viaduct.Linux.Conntrack;
using Viaduct.Proxy.Flows;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Proxy;

/// <summary>Which changes make UDP flows suspect, and which of the suspected are stale.</summary>
public class SuspectFlowsTests
{
    private static readonly CaseNetwork Network = new(IPFamily.IPv4);
    private static readonly Frontend ClusterIP = Frontend.On(PackedAddress.From(Network.ClusterIP), TransportProtocol.Udp, CaseNetwork.Port);
    private static readonly Frontend NodePort = Frontend.NodePort(TransportProtocol.Udp, CaseNetwork.NodePort);
    private static readonly ProxyState Nothing = ProxyState.Empty, Unserved = With(CaseEndpoints.None);

    [Fact]
    public void An_endpoint_that_comes_makes_nothing_suspect() => Assert.True(Step(With(CaseEndpoints.Local), With(CaseEndpoints.Both)).IsEmpty);

    [Fact]
    public void An_endpoint_that_leaves_makes_all_frontends_of_its_port_suspect() =>
        Assert.Equal(4, Step(With(CaseEndpoints.Both), With(CaseEndpoints.Local)).Frontends.Count);

    [Fact]
    public void A_port_that_still_has_no_endpoint_is_not_suspect() => Assert.True(Step(Unserved, Unserved).IsEmpty);

    [Theory]
    [InlineData(TransportProtocol.Tcp)]
    [InlineData(TransportProtocol.Sctp)]
    public void Tcp_and_Sctp_are_left_alone(TransportProtocol protocol)
    {
        var before = Network.State(Network.Service(protocol) with { Endpoints = [.. Network.Endpoints(CaseEndpoints.Both)] });
        Assert.True(Step(before, Nothing).IsEmpty);
    }

    [Fact]
    public void Only_flows_to_endpoints_that_serve_no_more_are_stale()
    {
        var suspects = Step(With(CaseEndpoints.Both), With(CaseEndpoints.Local));
        Assert.True(IsStale(suspects, ClusterIP, Network.RemoteEndpoint));
        Assert.False(IsStale(suspects, ClusterIP, Network.LocalEndpoint));
        Assert.True(IsStale(suspects, NodePort, Network.RemoteEndpoint));
        Assert.False(IsStale(suspects, NodePort, Network.LocalEndpoint));
        Assert.False(IsStale(suspects, NodePort, null));
    }

    [Fact]
    public void Flows_from_before_the_first_endpoint_are_stale_unless_to_forget_them_would_change_their_source()
    {
        foreach (var before in new[] { Nothing, Unserved })
        {
            var suspects = Step(before, With(CaseEndpoints.Local));
            Assert.True(IsStale(suspects, ClusterIP, null));
            Assert.True(IsStale(suspects, NodePort, null));
            Assert.False(IsStale(suspects, NodePort, null, source: Network.Node));
        }
    }

    [Fact]
    public void A_node_port_does_not_claim_flows_of_another_service_with_its_number()
    {
        var other = Network.Service(TransportProtocol.Udp) with
        {
            Name = new("default", "other", "udp"),
            ClusterIP = PackedAddress.From(Network.UnusedServiceAddress),
            Port = CaseNetwork.NodePort,
            NodePort = 0,
            ExternalIPs = [],
            LoadBalancerIPs = [],
            ServingEndpoints = [.. Network.Endpoints(CaseEndpoints.Remote)],
        };
        var (before, after) = (Network.State(Port(CaseEndpoints.Both), other), Network.State(Port(CaseEndpoints.Local), other));
        var suspects = new SuspectFlows();
        suspects.Add(new ProxyChange([NodePort]), before, after);
        Assert.False(IsStale(suspects, Frontend.On(other.ClusterIP, TransportProtocol.Udp, CaseNetwork.NodePort), Network.RemoteEndpoint));
        Assert.True(IsStale(suspects, NodePort, Network.RemoteEndpoint));
    }

    [Fact]
    public void A_frontend_of_a_port_that_the_kernel_refuses_is_that_of_the_next_one()
    {
        var refused = Port(CaseEndpoints.None) with { Name = new("default", "a", "udp"), ClusterIP = PackedAddress.From(Network.UnusedServiceAddress) };
        var (before, after) = (Network.State(Port(CaseEndpoints.Both), refused), Network.State(Port(CaseEndpoints.Local), refused));
        var suspects = Step(before.Without([refused.Name]), after.Without([refused.Name]));
        Assert.False(IsStale(suspects, NodePort, Network.LocalEndpoint));
        Assert.True(IsStale(suspects, NodePort, Network.RemoteEndpoint));
        // Nobody else claims it: what the kernel had for it stays.
        Assert.Equal(refused.Name, after.Without([refused.Name]).Serving(Frontend.On(refused.ClusterIP, TransportProtocol.Udp, CaseNetwork.Port))?.Port.Name);
        Assert.Same(after, after.Without([]));
    }

    [Fact]
    public void Of_a_service_that_is_gone_only_what_was_translated_is_stale()
    {
        var suspects = Step(With(CaseEndpoints.Local), Nothing);
        Assert.True(IsStale(suspects, ClusterIP, Network.LocalEndpoint));
        Assert.False(IsStale(suspects, ClusterIP, null));
        Assert.True(IsStale(suspects, NodePort, Network.LocalEndpoint));
        Assert.False(IsStale(suspects, NodePort, null));
    }

    [Fact]
    public void After_a_whole_comparison_everything_that_is_or_was_served_is_suspect()
    {
        var suspects = new SuspectFlows();
        suspects.AddAll(With(CaseEndpoints.Both), With(CaseEndpoints.Local));
        Assert.True(IsStale(suspects, ClusterIP, Network.RemoteEndpoint));
        Assert.False(IsStale(suspects, ClusterIP, Network.LocalEndpoint));
        Assert.True(IsStale(suspects, NodePort, null));

        suspects = new();
        suspects.AddAll(With(CaseEndpoints.Both), Nothing);
        Assert.True(IsStale(suspects, ClusterIP, Network.LocalEndpoint));
        Assert.False(IsStale(suspects, Frontend.On(ClusterIP.Address, TransportProtocol.Udp, 99), Network.LocalEndpoint));
    }

    [Fact]
    public void What_could_not_be_ended_is_judged_by_the_newest_state()
    {
        var older = Step(With(CaseEndpoints.Both), With(CaseEndpoints.Local));
        older.Add(Step(With(CaseEndpoints.Local), With(CaseEndpoints.Both)));
        Assert.False(IsStale(older, ClusterIP, Network.RemoteEndpoint));

        older.Add(new SuspectFlows());
        Assert.False(IsStale(older, ClusterIP, Network.RemoteEndpoint));
    }

    private static SuspectFlows Step(ProxyState before, ProxyState after)
    {
        var suspects = new SuspectFlows();
        suspects.Add(new ProxyChange([.. before.Claims.Keys.Union(after.Claims.Keys)]), before, after);
        return suspects;
    }

    private static ProxyState With(CaseEndpoints endpoints) => Network.State(Port(endpoints));

    private static ServicePortState Port(CaseEndpoints endpoints) =>
        Network.Service(TransportProtocol.Udp) with { ServingEndpoints = [.. Network.Endpoints(endpoints)] };

    // To this frontend (a node port: of this node), answered by this endpoint, or translated to none; with this source to the outside.
    private static bool IsStale(SuspectFlows suspects, Frontend frontend, IPAddress? endpoint, IPAddress? source = null)
    {
        var destination = (frontend.IsNodePort ? Network.Node : frontend.Address.ToIPAddress()).GetAddressBytes();
        var client = Network.Outside.GetAddressBytes();
        return suspects.IsStale(new ConntrackFlowView
        {
            Original = new() { Protocol = 17, Source = client, Destination = destination, SourcePort = 40000, DestinationPort = frontend.Port },
            Reply = new()
            {
                Protocol = 17,
                Source = endpoint?.GetAddressBytes() ?? destination,
                Destination = source?.GetAddressBytes() ?? client,
                SourcePort = endpoint is null ? frontend.Port : CaseNetwork.TargetPort,
                DestinationPort = 40000,
            },
        });
    }
}
