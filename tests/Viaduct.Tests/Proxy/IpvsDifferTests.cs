using System.Net;
using CsCheck;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Ipvs;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Proxy;

/// <summary>Plans and edits of ipvs mode, made on a model of the kernel.</summary>
public class IpvsDifferTests
{
    private static readonly CaseNetwork Network = new(IPFamily.IPv4);
    private static readonly BackendOptions Options = new() { Family = IPFamily.IPv4 };

    [Fact]
    public void A_node_port_does_not_take_the_address_and_port_of_another_service()
    {
        var model = new IpvsModel(Options, Network.Node);
        var nodePort = Port("a", "10.96.0.1", nodePort: 30080);
        model.Apply(Network.State(nodePort));
        Assert.Equal("172.20.0.1:8080", model.Servers("203.0.113.1", 30080));

        // The other's external address is the node's, its port the node port of the first: whoever comes, the address goes before.
        var external = Port("b", "10.96.0.2", endpoints: 2) with { Port = 30080, ExternalIPs = [PackedAddress.From(Network.Node)] };
        model.Apply(Network.State(nodePort, external));
        Assert.Equal("172.20.0.1:8080 172.20.0.2:8080", model.Servers("203.0.113.1", 30080));
        model.Apply(Network.State(nodePort));
        Assert.Equal("172.20.0.1:8080 172.20.0.2:8080 (0)", model.Servers("203.0.113.1", 30080));
        model.AssertIsAsIfNew();
    }

    [Fact]
    public void An_address_of_several_ports_goes_with_the_last_one()
    {
        var model = new IpvsModel(Options, Network.Node);
        ServicePortState first = Port("a", "10.96.0.1"), second = Port("b", "10.96.0.1") with { Port = 81 };
        model.Apply(Network.State(first, second));
        model.Apply(Network.State(second));
        Assert.Equal(["10.96.0.1"], model.Addresses);
        model.Apply(ProxyState.Empty);
        Assert.Empty(model.Addresses);
        Assert.Empty(model.Services);
        Assert.Empty(model.Elements);
    }

    [Fact]
    public void An_endpoint_that_comes_back_while_it_leaves_gets_its_weight_again()
    {
        var model = new IpvsModel(Options, Network.Node);
        model.Apply(Network.State(Port("a", "10.96.0.1", endpoints: 2)));
        model.Apply(Network.State(Port("a", "10.96.0.1", endpoints: 1)));
        Assert.Equal("172.20.0.1:8080 172.20.0.2:8080 (0)", model.Servers("10.96.0.1", 80));
        model.Apply(Network.State(Port("a", "10.96.0.1", endpoints: 2)));
        Assert.Equal("172.20.0.1:8080 172.20.0.2:8080", model.Servers("10.96.0.1", 80));
    }

    [Fact]
    public void Udp_endpoints_go_at_once()
    {
        var model = new IpvsModel(Options, Network.Node);
        model.Apply(Network.State(Port("a", "10.96.0.1", endpoints: 2) with { Protocol = TransportProtocol.Udp }));
        model.Apply(Network.State(Port("a", "10.96.0.1", endpoints: 1) with { Protocol = TransportProtocol.Udp }));
        Assert.Equal("172.20.0.1:8080", model.Servers("10.96.0.1", 80, TransportProtocol.Udp));
    }

    [Fact]
    public void A_change_costs_the_same_among_thousands()
    {
        var counts = new[] { 10, 3000 }.Select(services =>
        {
            var model = new IpvsModel(Options, Network.Node);
            var ports = Enumerable.Range(0, services).Select(i => Port($"s{i}", $"10.97.{i >> 8}.{i & 255}", endpoints: 3)).ToList();
            model.Apply(Network.State(ports));
            ports[5] = Port("s5", "10.97.0.5", endpoints: 4);
            return model.Apply(Network.State(ports), ports[5].Frontends.Select(f => f.Frontend));
        });
        Assert.Equal([2, 2], counts);
    }

    [Fact]
    public void A_refused_port_leaves_a_shared_node_port_to_another_service()
    {
        ServicePortState bad = Port("a", "10.96.0.1", nodePort: 30080), good = Port("b", "10.96.0.2", nodePort: 30080, endpoints: 2);
        var planner = new FrontendPlanner(new NodeAddressBook([Network.Node], Options), new FirewallMarks(), p => p.Name == bad.Name);
        var state = Network.State(bad, good);
        Assert.Equal(good.Endpoints, Assert.Single(planner.Plan(state, Frontend.NodePort(TransportProtocol.Tcp, 30080)).Services).Endpoints);
        Assert.Same(FrontendPlan.Empty, planner.Plan(state, Frontend.On(bad.ClusterIP, TransportProtocol.Tcp, 80)));
    }

    [Fact]
    public void Rules_are_written_over_what_is_there_without_a_jump_twice()
    {
        var table = new IpvsRules(Options).Tables()[0];
        string[] found = [":VIADUCT-IPVS-OLD - [0:0]", "-A PREROUTING -j VIADUCT-IPVS-PREROUTING", "-A VIADUCT-IPVS-PREROUTING -j VIADUCT-IPVS-OLD"];
        var written = table.Write(found);
        Assert.Contains("\n-D PREROUTING -j VIADUCT-IPVS-PREROUTING\n-I PREROUTING -j VIADUCT-IPVS-PREROUTING\n", written, StringComparison.Ordinal);
        Assert.DoesNotContain("-D OUTPUT", written, StringComparison.Ordinal);
        Assert.Equal("*mangle\n-D PREROUTING -j VIADUCT-IPVS-PREROUTING\n-F VIADUCT-IPVS-OLD\n-X VIADUCT-IPVS-OLD\nCOMMIT\n", table.Remove(found));
        Assert.Equal("", table.Remove([]));
    }

    // Whatever came before, the kernel ends up with what a new proxy would write.
    [Fact]
    public void Any_sequence_of_states_leads_to_the_same_as_the_last_state_alone() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Bool, Gen.Bool, Gen.Bool)
            .Select((service, endpoints, local, nodePort, externalLocal, ranges) => Random(service, endpoints, local, nodePort, externalLocal, ranges))
            .List[0, 5].List[1, 6].Sample(states =>
            {
                var model = new IpvsModel(Options, Network.Node);
                foreach (var ports in states)
                    model.Apply(Network.State(ports.DistinctBy(p => p.Name)));
                model.AssertIsAsIfNew();
            }, iter: 300);

    private static ServicePortState Random(int service, int endpoints, int local, bool nodePort, bool externalLocal, bool ranges)
    {
        var port = Port($"s{service}", $"10.96.0.{(service + 2) / 2}", nodePort ? (ushort)(30000 + service) : (ushort)0, endpoints) with
        {
            // Two share an address, and one takes the node's.
            Port = (ushort)(service == 3 ? 30001 : 80 + service),
            ExternalLocal = externalLocal,
            LoadBalancerIPs = [PackedAddress.From(service == 3 ? Network.Node : Network.LoadBalancerIP)],
            SourceRanges = ranges ? [IPNetwork.Parse("192.0.2.0/24")] : [],
        };
        return port with { LocalEndpoints = externalLocal ? [.. port.Endpoints.Take(local)] : [] };
    }

    private static ServicePortState Port(string name, string clusterIP, ushort nodePort = 0, int endpoints = 1) => new()
    {
        Name = new ServicePortName("default", name, ""),
        ClusterIP = PackedAddress.From(IPAddress.Parse(clusterIP)),
        Protocol = TransportProtocol.Tcp,
        Port = 80,
        NodePort = nodePort,
        HasEndpointsAnywhere = endpoints > 0,
        Endpoints = [.. Enumerable.Range(1, endpoints).Select(i => new ProxyEndpoint(new(PackedAddress.From(IPAddress.Parse($"172.20.0.{i}")), 8080), false))],
    };
}
