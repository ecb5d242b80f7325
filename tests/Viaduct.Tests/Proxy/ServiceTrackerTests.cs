using System.Net;
using Viaduct.Kube.Objects;
using Viaduct.Proxy.Model;
using static Viaduct.Tests.Proxy.Objects;
using EndpointAddress = Viaduct.Proxy.Model.EndpointAddress;

namespace Viaduct.Tests.Proxy;

public class ServiceTrackerTests
{
    private readonly ServiceTracker tracker = new(IPFamily.IPv4, "here");

    [Fact]
    public void A_service_port_gets_the_endpoints_of_the_slice_port_of_its_name()
    {
        tracker.Set(Service("web", "10.0.0.1", Port("http", 80), Port("admin", 81, "TCP", 30081)));
        tracker.Set(Slice("web", "web-1", "http", 8080, Pod("10.1.0.1", node: "there"), Pod("10.1.0.2", node: "here")));
        tracker.Set(Slice("web", "web-2", "admin", 8081, Pod("10.1.0.1")));
        var state = tracker.Commit().State;
        Assert.Equal(
            [new(Target("10.1.0.1", 8080), true), new ProxyEndpoint(Target("10.1.0.2", 8080), false)],
            state.Ports[new("ns", "web", "http")].Endpoints);
        Assert.Equal([new ProxyEndpoint(Target("10.1.0.1", 8081), false)], state.Serving(Frontend.NodePort(TransportProtocol.Tcp, 30081))!.Value.Port.Endpoints);
        Assert.Equal("ns/web:admin", state.Serving(Frontend.On(Address("10.0.0.1"), TransportProtocol.Tcp, 81))!.Value.Port.Name.ToString());
    }

    [Fact]
    public void Pods_whose_named_port_has_other_numbers_are_served_each_on_its_own()
    {
        tracker.Set(Service("web", "10.0.0.1", Port("http", 80)));
        tracker.Set(Slice("web", "web-1", "http", 8080, Pod("10.1.0.2"), Pod("10.1.0.1")));
        tracker.Set(Slice("web", "web-2", "http", 9090, Pod("10.1.0.3"), Pod("10.1.0.1")));
        Assert.Equal(
            [Target("10.1.0.1", 8080), Target("10.1.0.1", 9090), Target("10.1.0.2", 8080), Target("10.1.0.3", 9090)],
            tracker.Commit().State.Ports.Single().Value.Endpoints.Select(e => e.Target));
    }

    [Fact]
    public void Ports_of_one_name_and_another_protocol_are_not_each_other_s()
    {
        tracker.Set(Service("dns", "10.0.0.1", Port("dns", 53, "UDP"), Port("dns-tcp", 53)));
        tracker.Set(Slice("dns", "dns-1", "dns", 5353, Pod("10.1.0.1")));
        Assert.All(tracker.Commit().State.Ports.Values, p => Assert.Empty(p.Endpoints));
        tracker.Set(Slice("dns", "dns-1", "dns", 5353, Pod("10.1.0.1")) with { Ports = [new() { Name = "dns", Port = 5353, Protocol = "UDP" }] });
        Assert.Equal([1, 0], tracker.Commit().State.Ports.OrderBy(p => p.Key).Select(p => p.Value.Endpoints.Length));
    }

    [Theory]
    [InlineData(null, null, null, true)]
    [InlineData(true, null, null, true)]
    [InlineData(false, true, false, false)]
    [InlineData(false, true, true, true)] // nothing is ready: the terminating ones serve on
    [InlineData(false, null, true, true)]
    [InlineData(false, false, true, false)]
    [InlineData(false, true, null, false)]
    public void Absent_conditions_have_their_defaults(bool? ready, bool? serving, bool? terminating, bool isUsed)
    {
        tracker.Set(Service("web", "10.0.0.1", Port(null, 80)));
        tracker.Set(Slice("web", "web-1", "", 8080, Pod("10.1.0.1", ready, serving, terminating)));
        Assert.Equal(isUsed, !tracker.Commit().State.Ports.Single().Value.Endpoints.IsEmpty);
    }

    [Fact]
    public void Terminating_endpoints_are_not_mixed_with_ready_ones()
    {
        tracker.Set(Service("web", "10.0.0.1", Port(null, 80)));
        tracker.Set(Slice("web", "web-1", "", 8080, Pod("10.1.0.1", false, true, true), Pod("10.1.0.2")));
        Assert.Equal(Target("10.1.0.2", 8080), Assert.Single(tracker.Commit().State.Ports.Single().Value.Endpoints).Target);
    }

    [Fact]
    public void An_endpoint_in_two_slices_counts_once_and_local_wins()
    {
        tracker.Set(Service("web", "10.0.0.1", Port(null, 80)));
        tracker.Set(Slice("web", "web-1", "", 8080, Pod("10.1.0.1", node: "HERE")));
        tracker.Set(Slice("web", "web-2", "", 8080, Pod("10.1.0.1", node: "there")));
        Assert.Equal([new ProxyEndpoint(Target("10.1.0.1", 8080), false)], tracker.Commit().State.Ports.Single().Value.Endpoints);
    }

    [Fact]
    public void Slices_that_say_nothing_usable_are_ignored()
    {
        tracker.Set(Service("web", "10.0.0.1", Port(null, 80)));
        tracker.Set(Slice("web", "a", "", 8080, Pod("fd00::1")) with { AddressType = "IPv6" });
        tracker.Set(Slice("web", "b", "", 8080, Pod("example.org")) with { AddressType = "FQDN" });
        tracker.Set(Slice("web", "c", "", 8080, Pod("10.1.0.1")) with { Ports = [new() { Name = "", Protocol = "TCP" }] });
        tracker.Set(Slice("web", "c0", "", 0, Pod("10.1.0.1")));
        tracker.Set(Slice("web", "cn", "", 8080, Pod("10.1.0.1")) with { Ports = [new() { Port = 8080, Protocol = "TCP" }] });
        tracker.Set(Slice("web", "d", "other", 8080, Pod("10.1.0.1")));
        tracker.Set(Slice("web", "e", "", 8080, Pod("10.1.0.1")) with { Metadata = new() { Namespace = "ns", Name = "e" } });
        tracker.Set(Slice("web", "f", "", 8080, Pod("not an address"), new Endpoint()));
        Assert.Empty(tracker.Commit().State.Ports.Single().Value.Endpoints);
    }

    [Fact]
    public void Of_an_endpoint_s_addresses_the_first_counts_and_leading_zeros_do_not()
    {
        tracker.Set(Service("web", "10.0.0.1", Port(null, 80)));
        tracker.Set(Slice("web", "web-1", "", 8080, Pod("") with { Addresses = ["010.001.0.09", "10.1.0.2"] }));
        Assert.Equal([Target("10.1.0.9", 8080)], tracker.Commit().State.Ports.Single().Value.Endpoints.Select(e => e.Target));
    }

    [Fact]
    public void Services_without_a_cluster_ip_of_their_own_are_not_served()
    {
        tracker.Set(Service("headless", "None", Port(null, 80)));
        tracker.Set(Service("pending", null, Port(null, 80)));
        tracker.Set(Service("empty", "", Port(null, 80)));
        tracker.Set(Service("six", "fd00::1", Port(null, 80)));
        var external = Service("external", "10.0.0.9", Port(null, 80));
        tracker.Set(external with { Spec = external.Spec! with { Type = "ExternalName" } });
        var others = Service("others", "10.0.0.8", Port(null, 80));
        tracker.Set(others with { Metadata = others.Metadata with { Labels = new Dictionary<string, string> { ["service.kubernetes.io/service-proxy-name"] = "x" } } });
        var update = tracker.Commit();
        Assert.Empty(update.State.Ports);
        Assert.True(update.Change.IsEmpty);
        Assert.Empty(update.Problems);
    }

    [Fact]
    public void One_bad_port_is_named_and_blocks_nothing()
    {
        tracker.Set(Service("bad", "10.0.0.1", Port("x", 80, "ICMP"), Port("y", 0), Port("z", 80)));
        tracker.Set(Service("good", "10.0.0.2", Port(null, 80)));
        var update = tracker.Commit();
        Assert.Equal(["ns/bad:z", "ns/good"], update.State.Ports.Keys.Order().Select(n => n.ToString()));
        Assert.Equal(
            ["Service ns/bad, port x (80) is not served: protocol ICMP is none of TCP, UDP and SCTP.", "Service ns/bad, port y (0) is not served: 0 is not between 1 and 65535."],
            update.Problems.Select(p => p.Message));
    }

    [Fact]
    public void An_external_ip_does_not_take_the_cluster_ip_of_another_service()
    {
        tracker.Set(Service("victim", "10.0.0.2", Port(null, 80)));
        var thief = Service("a-thief", "10.0.0.1", Port(null, 80));
        tracker.Set(thief with { Spec = thief.Spec! with { ExternalIPs = ["10.0.0.2"] } });
        var update = tracker.Commit();
        Assert.Equal("ns/victim", update.State.Serving(Frontend.On(PackedAddress.From(IPAddress.Parse("10.0.0.2")), TransportProtocol.Tcp, 80))!.Value.Port.Name.ToString());
        Assert.Equal("ns/a-thief", Assert.Single(update.Problems).Service.ToString());
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("b", "a")]
    public void Of_two_services_with_one_node_port_the_first_by_name_has_it_until_it_goes(string first, string second)
    {
        tracker.Set(Service(first, $"10.0.0.{(first == "a" ? 1 : 2)}", Port(null, 80, "TCP", 30000)));
        tracker.Set(Service(second, $"10.0.0.{(second == "a" ? 1 : 2)}", Port(null, 80, "TCP", 30000)));
        var update = tracker.Commit();
        Assert.Equal("node port 30000/tcp is claimed by ns/a and ns/b; ns/a gets it until the others change.", Assert.Single(update.Problems).Message);
        Assert.Equal("ns/a", update.State.Serving(Frontend.NodePort(TransportProtocol.Tcp, 30000))!.Value.Port.Name.ToString());
        tracker.Remove(Service("a", null));
        update = tracker.Commit();
        Assert.Equal("ns/b", update.State.Serving(Frontend.NodePort(TransportProtocol.Tcp, 30000))!.Value.Port.Name.ToString());
        Assert.Contains(Frontend.NodePort(TransportProtocol.Tcp, 30000), update.Change.Frontends);
    }

    [Fact]
    public void Only_what_differs_is_a_change()
    {
        for (var i = 1; i < 100; i++)
        {
            tracker.Set(Service($"s{i}", $"10.0.0.{i}", Port(null, 80)));
            tracker.Set(Slice($"s{i}", $"s{i}-1", "", 8080, Pod("10.1.0.1"), Pod("10.1.0.2")));
        }

        Assert.Equal(99, tracker.Commit().Change.Frontends.Count);
        Assert.True(tracker.Commit().Change.IsEmpty);

        // The same endpoints in another order and another label are no change for us.
        tracker.Set(Slice("s7", "s7-1", "", 8080, Pod("10.1.0.2"), Pod("10.1.0.1")));
        var relabelled = Service("s8", "10.0.0.8", Port(null, 80));
        tracker.Set(relabelled with { Metadata = relabelled.Metadata with { Labels = new Dictionary<string, string> { ["a"] = "b" } } });
        Assert.True(tracker.Commit().Change.IsEmpty);

        tracker.Remove(Slice("s9", "s9-1", "", 8080));
        Assert.Equal(Frontend.On(Address("10.0.0.9"), TransportProtocol.Tcp, 80), Assert.Single(tracker.Commit().Change.Frontends));
    }

    [Fact]
    public void A_slice_that_moves_to_another_service_leaves_the_first()
    {
        tracker.Set(Service("a", "10.0.0.1", Port(null, 80)));
        tracker.Set(Service("b", "10.0.0.2", Port(null, 80)));
        tracker.Set(Slice("a", "slice", "", 8080, Pod("10.1.0.1")));
        tracker.Commit();
        tracker.Set(Slice("b", "slice", "", 8080, Pod("10.1.0.1")));
        var ports = tracker.Commit().State.Ports;
        Assert.Empty(ports[new("ns", "a", "")].Endpoints);
        Assert.Single(ports[new("ns", "b", "")].Endpoints);
    }

    private static EndpointAddress Target(string address, ushort port) => new(Address(address), port);

    private static PackedAddress Address(string text) => PackedAddress.From(IPAddress.Parse(text));
}
