using System.Collections.Immutable;
using System.Net;
using Viaduct.Linux.Nftables.Expressions;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Proxy;

public class ServiceInspectionTests
{
    private static readonly ServicePortState Web = new()
    {
        Name = new("default", "web", "http"),
        ClusterIP = PackedAddress.From(IPAddress.Parse("10.96.0.7")),
        Protocol = TransportProtocol.Tcp,
        Port = 80,
        NodePort = 30080,
        HasEndpointsAnywhere = true,
        Endpoints = [Endpoint("10.0.0.1"), Endpoint("10.0.0.2")],
    };

    [Fact]
    public void A_Service_that_the_kernel_has_as_it_should_is_equal()
    {
        var report = Report(Web);

        Assert.True(report.IsEqual);
        var port = Assert.Single(report.Ports);
        Assert.Equal(("default/web:http", "Cluster"), (port.Name, port.ExternalTrafficPolicy));
        Assert.Equal(["ClusterIP", "NodePort"], port.Frontends.Select(f => f.Role));
        Assert.Equal(["10.96.0.7:80/tcp", "node port 30080/tcp"], port.Frontends.Select(f => f.Frontend));
        Assert.Equal("goto nodeport-fan-out-2", port.Frontends[1].Proxy.Verdict);
        Assert.Equal(["10.0.0.1:8080", "10.0.0.2:8080"], port.Frontends[0].Proxy.Endpoints);
        Assert.Equal(new TrafficCount(3, 180), port.Frontends[0].Traffic);
    }

    [Fact]
    public void The_order_of_slots_is_no_difference() =>
        Assert.True(Report(Web, k => k with { Endpoints = [.. k.Endpoints.Reverse()] }).IsEqual);

    [Fact]
    public void A_missing_endpoint_is_a_difference_and_a_hole_is_told_with_its_slot() => Assert.Equal(
        ["slot 1 has no endpoint: connections that choose it are lost", "endpoint 10.0.0.2:8080 is missing in the kernel"],
        Differences(k => k with { Endpoints = [k.Endpoints[0], null] }));

    [Fact]
    public void An_endpoint_too_many_is_a_difference() => Assert.Equal(
        ["endpoint 10.0.0.9:8080 is in the kernel, but the proxy has no such"],
        Differences(k => k with { Endpoints = k.Endpoints.Add(Endpoint("10.0.0.9").Target) }));

    [Fact]
    public void An_endpoint_in_two_slots_is_a_difference() => Assert.Equal(
        ["endpoint 10.0.0.1:8080 is 2 times in the kernel"],
        Differences(k => k with { Endpoints = k.Endpoints.Add(k.Endpoints[0]) }));

    [Fact]
    public void Another_verdict_and_owner_are_differences() => Assert.Equal(
        ["the verdict is drop in the kernel, but should be goto fan-out-2", "the owner is other/web in the kernel, but should be default/web:http"],
        Differences(k => k with { Verdict = "drop", Owner = "other/web" }));

    [Fact]
    public void A_missing_set_membership_is_a_difference() => Assert.Equal(
        ["it is not in the kernel's set cluster-ips"],
        Differences(k => k with { Sets = [] }));

    [Fact]
    public void A_set_that_it_should_not_be_in_is_a_difference() => Assert.Equal(
        ["it is in the kernel's set firewalled, but should not be"],
        Differences(k => k with { Sets = k.Sets.Add("firewalled") }));

    [Fact]
    public void A_pod_that_would_get_no_answer_from_itself_is_told_once_and_not_when_it_is_missing_itself()
    {
        Assert.Equal(["a pod that reaches itself at 10.0.0.2:8080 gets no answer: it is not in the kernel's set hairpin"], Differences(k => k with { Hairpins = k.Hairpins.RemoveAt(1) }));
        Assert.Equal(["slot 1 has no endpoint: connections that choose it are lost", "endpoint 10.0.0.2:8080 is missing in the kernel"], Differences(k => k with { Endpoints = [k.Endpoints[0], null], Hairpins = k.Hairpins.RemoveAt(1) }));
    }

    [Fact]
    public void Source_ranges_of_the_load_balancers_address_are_compared_both_ways()
    {
        var port = Web with { LoadBalancerIPs = [PackedAddress.From(IPAddress.Parse("198.51.100.8"))], SourceRanges = [IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("192.0.2.7/32")] };
        var report = Report(port, k => k with { SourceRanges = k.SourceRanges.IsEmpty ? [] : ["203.0.113.0/24", "0.0.0.0/0"] });

        var frontend = report.Ports[0].Frontends[1];
        Assert.Equal(("LoadBalancerIP", false), (frontend.Role, report.IsEqual));
        Assert.Equal(["192.0.2.7/32", "203.0.113.0/24"], frontend.Proxy.SourceRanges);
        Assert.Equal(["clients from 192.0.2.7/32 are dropped by the kernel, but may use it", "clients from 0.0.0.0/0 pass in the kernel, but may not use it"], frontend.Differences);
        Assert.Empty(report.Ports[0].Frontends[0].Proxy.SourceRanges);
    }

    [Fact]
    public void Session_affinity_shows_its_clients_and_endpoints_that_they_cannot_stay_with()
    {
        var port = Web with { AffinitySeconds = 60 };
        var gone = Endpoint("10.0.0.9").Target;
        var frontend = Report(port, k => k with { Affinity = k.Affinity! with { Endpoints = [k.Endpoints[0]!.Value, gone] } }).Ports[0].Frontends[0];

        Assert.Equal(2, frontend.AffinityClients);
        Assert.Equal(
            [
                "clients do not stay with endpoint 10.0.0.2:8080: it is not in the kernel's set affinity-endpoints",
                "clients that had endpoint 10.0.0.9:8080 stay with it, because it is in the kernel's set affinity-endpoints, but should not be",
            ],
            frontend.Differences);
        Assert.Equal(
            ["the verdict is goto affinity-30-fan-out-2 in the kernel, but should be goto affinity-60-fan-out-2"],
            Report(port, k => k with { Verdict = "goto affinity-30-fan-out-2" }).Ports[0].Frontends[0].Differences);
    }

    [Theory]
    [InlineData("10.0.0.0", "10.255.255.255", "10.0.0.0/8")]
    [InlineData("0.0.0.0", "255.255.255.255", "0.0.0.0/0")]
    [InlineData("10.0.0.1", "10.0.0.1", "10.0.0.1/32")]
    [InlineData("10.0.0.1", "10.0.0.2", "10.0.0.1-10.0.0.2")]
    [InlineData("fd00::", "fd00::ffff", "fd00::/112")]
    public void A_range_reads_as_a_network_when_it_is_one(string first, string last, string text) =>
        Assert.Equal(text, new AddressRange(PackedAddress.From(IPAddress.Parse(first)), PackedAddress.From(IPAddress.Parse(last))).ToString());

    [Fact]
    public void Without_endpoints_both_sides_refuse()
    {
        var report = Report(Web with { Endpoints = [], HasEndpointsAnywhere = false });

        Assert.True(report.IsEqual);
        Assert.All(report.Ports[0].Frontends, f => Assert.Null(f.Proxy.Verdict));
    }

    [Fact]
    public void Policy_Local_has_a_verdict_and_endpoints_for_clients_from_elsewhere()
    {
        var port = Report(Web with { ExternalLocal = true, LocalEndpoints = [Endpoint("10.0.0.1")], AffinitySeconds = 60 }).Ports[0];

        var nodePort = port.Frontends[1].Proxy;
        Assert.Equal(("Local", 60), (port.ExternalTrafficPolicy, port.AffinitySeconds));
        Assert.Equal("goto affinity-60-nodeport-local-fan-out-1", nodePort.OffNodeVerdict);
        Assert.Equal(["10.0.0.1:8080"], nodePort.LocalEndpoints);
        Assert.Equal(["nodeports-local", "nodeport-affinity-ids"], nodePort.Sets);
    }

    [Fact]
    public void A_frontend_that_another_Service_has_names_it()
    {
        var first = Web with { Name = new("default", "first", ""), ClusterIP = PackedAddress.From(IPAddress.Parse("10.96.0.8")) };

        var report = Report(new ServiceName("default", "web"), [first, Web], k => k);

        Assert.True(report.IsEqual);
        Assert.Equal([null, "default/first"], report.Ports[0].Frontends.Select(f => f.TakenBy));
        Assert.Equal("default/first", report.Ports[0].Frontends[1].Proxy.Owner);
    }

    [Theory]
    [InlineData("default", "wbe", "default/web")]
    [InlineData("default", "webs", "default/web")]
    [InlineData("other", "web", "default/web")]
    [InlineData("default", "completely-different", null)]
    public void An_unknown_name_is_not_found_and_suggests_the_nearest(string ns, string name, string? nearest)
    {
        var report = Report(new ServiceName(ns, name), [Web], k => k);

        Assert.False(report.IsFound);
        Assert.False(report.IsEqual);
        Assert.Equal(nearest, report.Nearest);
    }

    [Fact]
    public void Of_names_as_near_the_one_in_the_same_namespace_is_suggested() => Assert.Equal(
        new ServiceName("b", "web"),
        NearestName.Find(new("b", "wep"), [new("a", "web"), new("b", "web"), new("c", "web")]));

    private static IReadOnlyList<string> Differences(Func<InspectedFrontend, InspectedFrontend> edit)
    {
        var report = Report(Web, edit);
        Assert.False(report.IsEqual);
        return report.Ports[0].Frontends[0].Differences;
    }

    private static ServiceReport Report(ServicePortState port, Func<InspectedFrontend, InspectedFrontend>? edit = null) =>
        Report(port.Name.Service, [port], edit ?? (k => k));

    /// <summary>With a kernel that has what the proxy wants, but for an edit of frontends that are no node ports.</summary>
    private static ServiceReport Report(ServiceName service, ServicePortState[] ports, Func<InspectedFrontend, InspectedFrontend> edit)
    {
        var claims = from port in ports from f in port.Frontends group new FrontendClaim(port.Name, f.Role) by f.Frontend;
        var state = new ProxyState
        {
            Ports = ports.ToImmutableDictionary(p => p.Name),
            Claims = claims.ToImmutableDictionary(g => g.Key, g => g.Order().ToImmutableArray()),
        };
        InspectedFrontend Kernel(Frontend frontend) => Faithful(frontend, FrontendViews.Of(state, frontend, IPFamily.IPv4), state.Serving(frontend)!.Value.Port);
        return ServiceInspection.Report(
            "node-1", service, new Dictionary<IPFamily, ProxyState> { [IPFamily.IPv4] = state },
            (_, frontends) => [.. frontends.Select(f => f.IsNodePort ? Kernel(f) : edit(Kernel(f)))]);
    }

    private static InspectedFrontend Faithful(Frontend frontend, FrontendView wanted, ServicePortState port) => new()
    {
        Frontend = frontend,
        Owner = wanted.Owner,
        Verdict = wanted.Verdict,
        OffNodeVerdict = wanted.OffNodeVerdict,
        Counter = new CounterExpression(3, 180),
        Endpoints = [.. port.Endpoints.Select(e => (EndpointAddress?)e.Target)],
        LocalEndpoints = frontend.IsNodePort ? [.. port.LocalEndpoints.Select(e => (EndpointAddress?)e.Target)] : [],
        Sets = [.. wanted.Sets],
        SourceRanges = [.. wanted.SourceRanges],
        Hairpins = [.. port.Endpoints.Select(e => e.Target)],
        Affinity = port.AffinitySeconds == 0 ? null : new InspectedAffinity(
            2, [.. port.Endpoints.Select(e => e.Target)], [.. wanted.OffNodeVerdict is null ? [] : port.LocalEndpoints.Select(e => e.Target)]),
    };

    private static ProxyEndpoint Endpoint(string address) => new(new(PackedAddress.From(IPAddress.Parse(address)), 8080), IsRemote: false);
}
