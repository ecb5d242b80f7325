using System.Net;
using Viaduct.Proxy.Backends.Userspace;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Proxy.Userspace;

/// <summary>What the rules of userspace mode serve in place of the Services.</summary>
public class RedirectedStateTests
{
    private static readonly CaseNetwork Network = new(IPFamily.IPv4);
    private static readonly PackedAddress Proxy = PackedAddress.From(IPAddress.Parse("169.254.86.68"));
    private static readonly ProxyPorts Ports = new(Cluster: 40_001, Local: 40_002);

    [Fact]
    public void The_proxys_ports_stand_in_place_of_the_endpoints()
    {
        var port = Redirect(TransportProtocol.Tcp, Ports);
        Assert.Equal([At(40_001)], port.Endpoints);
        Assert.Equal([At(40_002)], port.LocalEndpoints);
        Assert.Empty(port.ServingEndpoints);
        Assert.True(port.HasEndpointsAnywhere);
    }

    [Fact]
    public void Where_no_endpoint_is_no_port_is()
    {
        var port = Redirect(TransportProtocol.Tcp, new ProxyPorts(40_001, 0));
        Assert.Single(port.Endpoints);
        Assert.Empty(port.LocalEndpoints);
    }

    [Fact]
    public void Affinity_is_the_proxys_affair_and_the_rest_stays()
    {
        var before = Service(TransportProtocol.Tcp);
        var after = RedirectedState.Redirect(before, Proxy, Ports);
        Assert.Equal(0, after.AffinitySeconds);
        Assert.Equal(before with { AffinitySeconds = 0, Endpoints = after.Endpoints, LocalEndpoints = after.LocalEndpoints }, after);
        Assert.Equal(before.Frontends, after.Frontends);
    }

    [Fact]
    public void Udp_flows_may_go_on_to_both_ports_in_order()
    {
        Assert.Equal([At(40_001), At(40_002)], Redirect(TransportProtocol.Udp, Ports).ServingEndpoints);
        Assert.Equal([At(40_001), At(40_002)], Redirect(TransportProtocol.Udp, new ProxyPorts(40_002, 40_001)).ServingEndpoints);
    }

    [Fact]
    public void A_protocol_that_the_proxy_does_not_speak_is_refused()
    {
        Assert.False(RedirectedState.IsSpoken(TransportProtocol.Sctp));
        var port = Redirect(TransportProtocol.Sctp, default);
        Assert.Empty(port.Endpoints);
        Assert.False(port.HasEndpointsAnywhere);
    }

    [Fact]
    public void A_change_concerns_who_has_or_had_one_of_its_frontends()
    {
        var (tcp, udp) = (Service(TransportProtocol.Tcp), Service(TransportProtocol.Udp));
        var (before, after) = (Network.State(tcp), Network.State(udp));
        var change = new ProxyChange([tcp.Frontends.First().Frontend, udp.Frontends.First().Frontend]);

        Assert.Equal([tcp.Name, udp.Name], RedirectedState.PortsOf(change, before, after).Order());
        Assert.Equal([udp.Name], RedirectedState.PortsOf(new([udp.Frontends.First().Frontend]), before, after));
        Assert.Empty(RedirectedState.PortsOf(new([]), before, after));
    }

    private static ServicePortState Redirect(TransportProtocol protocol, ProxyPorts ports) => RedirectedState.Redirect(Service(protocol), Proxy, ports);

    private static ServicePortState Service(TransportProtocol protocol) => Network.Service(protocol) with
    {
        AffinitySeconds = 100,
        ExternalLocal = true,
        Endpoints = [.. Network.Endpoints(CaseEndpoints.Both)],
        LocalEndpoints = [.. Network.Endpoints(CaseEndpoints.Local)],
        HasEndpointsAnywhere = true,
    };

    // Not "remote", it could be counted as one that meets itself.
    private static ProxyEndpoint At(ushort port) => new(new(Proxy, port), IsRemote: true);
}
