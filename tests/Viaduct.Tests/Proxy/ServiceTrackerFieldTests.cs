using System.Net;
using Viaduct.Kube.Objects;
using Viaduct.Proxy.Model;
using static Viaduct.Tests.Proxy.Objects;

namespace Viaduct.Tests.Proxy;

/// <summary>What of a Service becomes what of a port, in each family.</summary>
public class ServiceTrackerFieldTests
{
    [Theory]
    [InlineData("10.0.0.1", null, null, "10.0.0.1", null)]
    [InlineData("fd00::1", null, null, null, "fd00::1")]
    [InlineData("10.0.0.1", "IPv4", "10.0.0.1", "10.0.0.1", null)]
    [InlineData("10.0.0.1", "IPv4 IPv6", "10.0.0.1 fd00::1", "10.0.0.1", "fd00::1")]
    [InlineData("fd00::1", "IPv6 IPv4", "fd00::1 10.0.0.1", "10.0.0.1", "fd00::1")]
    [InlineData("10.0.0.1", "IPv4 IPv6", "10.0.0.1", "10.0.0.1", null)] // the second address is not given out yet
    [InlineData("010.000.0.08", null, null, "10.0.0.8", null)]
    [InlineData("FD00:0:0::0001", null, null, null, "fd00::1")]
    [InlineData("None", "IPv4", "None", null, null)]
    [InlineData("", "IPv4", "10.0.0.1", null, null)]
    public void Each_family_has_its_cluster_ip(string clusterIP, string? families, string? addresses, string? four, string? six)
    {
        var service = With(s => s with { ClusterIP = clusterIP, IpFamilies = families?.Split(' '), ClusterIPs = addresses?.Split(' ') });
        Assert.Equal(four, Track(IPFamily.IPv4, service).State.Ports.Values.SingleOrDefault()?.ClusterIP.ToString());
        Assert.Equal(six, Track(IPFamily.IPv6, service).State.Ports.Values.SingleOrDefault()?.ClusterIP.ToString());
    }

    [Fact]
    public void Slices_of_the_other_family_are_not_looked_at()
    {
        var tracker = new ServiceTracker(IPFamily.IPv6, "here");
        tracker.Set(With(s => s with { ClusterIP = "fd00::1" }));
        Assert.False(tracker.Set(Slice("web", "a", "", 80, Pod("10.1.0.1"))));
        Assert.True(tracker.Set(Slice("web", "b", "", 80, Pod("FD00:1::01")) with { AddressType = "IPv6" }));
        Assert.Equal("[fd00:1::1]:80", Assert.Single(tracker.Commit().State.Ports.Values.Single().Endpoints).Target.ToString());
    }

    [Fact]
    public void External_addresses_are_taken_by_family_and_mode_without_doubles()
    {
        var service = With(s => s with { ExternalIPs = ["192.0.2.1", "", " 192.0.2.01 ", "2001:db8::1", "192.0.2.2"] }) with
        {
            Status = Balancer(("192.0.2.9", null), ("192.0.2.10", "VIP"), ("192.0.2.11", "Proxy"), ("2001:db8::9", null), (null, null)),
        };
        var port = Track(IPFamily.IPv4, service).State.Ports.Values.Single();
        Assert.Equal("192.0.2.1 192.0.2.2", string.Join(' ', port.ExternalIPs));
        Assert.Equal("192.0.2.9 192.0.2.10", string.Join(' ', port.LoadBalancerIPs));
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData(" 10.0.0.0/8 |192.168.0.0/016", "10.0.0.0/8 192.168.0.0/16")]
    [InlineData("10.1.2.3/8", "10.0.0.0/8")]
    [InlineData("10.0.0.0/8|0.0.0.0/0", "")]
    [InlineData("2001:db8::/32", "")]
    [InlineData("2001:db8::/32|10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("172.16.0.0/12|10.0.0.0/8", "172.16.0.0/12 10.0.0.0/8 192.0.2.9/32")] // our node is in it: it may use the address as its own
    public void Source_ranges_are_read_by_family(string? ranges, string expected)
    {
        var service = With(s => s with { LoadBalancerSourceRanges = ranges?.Split('|') }) with { Status = Balancer(("192.0.2.9", null)) };
        var tracker = new ServiceTracker(IPFamily.IPv4, "here", PackedAddress.From(IPAddress.Parse("172.20.0.1")));
        tracker.Set(service);
        Assert.Equal(expected, string.Join(' ', tracker.Commit().State.Ports.Values.Single().SourceRanges));
    }

    [Theory]
    [InlineData("ClusterIP", false, "Local", false)]
    [InlineData("ClusterIP", true, "Local", true)]
    [InlineData("NodePort", false, "Local", true)]
    [InlineData("LoadBalancer", false, "Local", true)]
    [InlineData("LoadBalancer", false, "Cluster", false)]
    [InlineData("LoadBalancer", false, null, false)]
    public void The_external_policy_counts_only_with_something_external(string type, bool hasExternalIP, string? policy, bool isLocal)
    {
        var service = With(s => s with { Type = type, ExternalTrafficPolicy = policy, ExternalIPs = hasExternalIP ? ["192.0.2.1"] : null });
        Assert.Equal(isLocal, Track(IPFamily.IPv4, service).State.Ports.Values.Single().ExternalLocal);
    }

    [Theory]
    [InlineData(null, null, 0)]
    [InlineData("None", 30, 0)]
    [InlineData("ClientIP", 30, 30)]
    [InlineData("ClientIP", null, 10800)]
    public void Affinity_has_the_time_of_the_service(string? affinity, int? seconds, int expected)
    {
        var service = With(s => s with { SessionAffinity = affinity, SessionAffinityConfig = new() { ClientIP = new() { TimeoutSeconds = seconds } } });
        Assert.Equal(expected, Track(IPFamily.IPv4, service).State.Ports.Values.Single().AffinitySeconds);
    }

    [Fact]
    public void A_health_check_counts_distinct_ready_addresses_on_this_node()
    {
        var tracker = new ServiceTracker("here");
        tracker.Set(With(s => s with { Type = "LoadBalancer", ExternalTrafficPolicy = "Local", HealthCheckNodePort = 31000 }));
        tracker.Set(Slice("web", "a", "", 80, Pod("10.1.0.1", node: "here"), Pod("10.1.0.2", node: "there"), Pod("10.1.0.3", false, true, true, "here")));
        tracker.Set(Slice("web", "b", "admin", 81, Pod("10.1.0.1", node: "here"), Pod("10.1.0.4", node: "here")));
        Assert.Equal(new HealthCheckState(31000, 2), Assert.Single(tracker.Commit().State.HealthChecks).Value);

        foreach (var (type, policy) in new[] { ("LoadBalancer", "Cluster"), ("NodePort", "Local") })
        {
            tracker.Set(With(s => s with { Type = type, ExternalTrafficPolicy = policy, HealthCheckNodePort = 31000 }));
            Assert.Empty(tracker.Commit().State.HealthChecks);
        }
    }

    [Theory]
    [InlineData("service.kubernetes.io/service-proxy-name")]
    [InlineData("service.kubernetes.io/headless")]
    public void A_service_or_slice_that_gets_the_label_of_another_proxy_is_as_if_deleted(string label)
    {
        var tracker = new ServiceTracker("here");
        var (service, slice) = (With(s => s), Slice("web", "a", "", 80, Pod("10.1.0.1")));
        tracker.Set(service);
        tracker.Set(slice);
        Assert.Single(tracker.Commit().State.Ports.Values.Single().Endpoints);
        var labels = new Dictionary<string, string>(slice.Metadata.Labels!) { [label] = "" };
        tracker.Set(slice with { Metadata = slice.Metadata with { Labels = labels } });
        Assert.Empty(tracker.Commit().State.Ports.Values.Single().Endpoints);
        tracker.Set(service with { Metadata = service.Metadata with { Labels = labels } });
        Assert.Empty(tracker.Commit().State.Ports);
    }

    [Fact]
    public void Ranges_of_cluster_ips_are_told_by_family_and_only_when_they_differ()
    {
        var tracker = new ServiceTracker("here");
        IPNetwork[] ranges = [IPNetwork.Parse("10.96.0.0/16"), IPNetwork.Parse("fd00::/112"), IPNetwork.Parse("10.96.0.0/16")];
        tracker.SetServiceCidrs(ranges);
        var update = tracker.Commit();
        Assert.True(update.Change.ServiceCidrsChanged);
        Assert.Equal([ranges[0]], update.State.ServiceCidrs);
        Assert.False(tracker.SetServiceCidrs(ranges.Reverse()));
        Assert.True(tracker.Commit().Change.IsEmpty);
    }

    [Fact]
    public void What_cannot_be_understood_is_told_once_until_it_changes_and_the_rest_is_served()
    {
        var tracker = new ServiceTracker("here");
        tracker.Set(With(s => s with { ExternalIPs = ["300.1.1.1", "192.0.2.1"], LoadBalancerSourceRanges = ["10.0.0.0"] }));
        tracker.Set(Slice("web", "a", "", 80, Pod("10.1.0.1"), Pod("10.1"), Pod("0x0a010001")));
        var update = tracker.Commit();
        Assert.Equal(
            [
                "Service ns/web is served without \"300.1.1.1\" of externalIPs, which is not an IP address.",
                "Service ns/web is served without \"10.0.0.0\" of loadBalancerSourceRanges, which is not a network such as 10.0.0.0/8.",
                "EndpointSlice ns/a is served in part: \"10.1\" is not an IPv4 address (and 1 more).",
            ],
            update.Problems.Select(p => p.Message));
        Assert.Single(update.State.Ports.Values.Single().Endpoints);

        tracker.Set(Slice("web", "b", "", 70000, Pod("10.1.0.2")));
        Assert.Equal("EndpointSlice ns/b is served in part: port 70000 is not between 1 and 65535.", Assert.Single(tracker.Commit().Problems).Message);
        tracker.Set(Slice("web", "b", "", 80, Pod("10.1.0.2")));
        Assert.Empty(tracker.Commit().Problems);
        tracker.Set(Slice("web", "b", "", 70000, Pod("10.1.0.2")));
        Assert.Single(tracker.Commit().Problems);
    }

    [Fact]
    public void Mistakes_are_told_by_the_family_that_they_look_like()
    {
        var service = With(s => s with { ClusterIP = "10.0.0", IpFamilies = null });
        Assert.Single(Track(IPFamily.IPv4, service).Problems);
        Assert.Empty(Track(IPFamily.IPv6, service).Problems);
    }

    [Fact]
    public void A_conflict_is_told_once()
    {
        var tracker = new ServiceTracker("here");
        tracker.Set(Service("a", "10.0.0.1", Port(null, 80, null, 30000)));
        tracker.Set(Service("b", "10.0.0.2", Port(null, 80, null, 30000)));
        Assert.Single(tracker.Commit().Problems);
        tracker.Set(Slice("a", "a-1", "", 80, Pod("10.1.0.1")));
        Assert.Empty(tracker.Commit().Problems);
    }

    [Fact]
    public void Trigger_times_are_those_of_the_slices_that_said_something_new_since_the_start()
    {
        var start = DateTimeOffset.Parse("2025-01-01T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture);
        var tracker = new ServiceTracker(IPFamily.IPv4, "here", default, start);
        tracker.Set(Triggered("a", "2025-01-01T00:00:05Z"));
        tracker.Set(Triggered("b", "2024-12-31T23:59:59Z"));
        tracker.Set(Triggered("c", "yesterday"));
        Assert.Equal([start.AddSeconds(5)], tracker.Commit().TriggerTimes);
        Assert.False(tracker.Set(Triggered("a", "2025-01-01T00:00:06Z"))); // says nothing new
        Assert.Empty(tracker.Commit().TriggerTimes);
    }

    [Fact]
    public void A_list_takes_away_what_it_does_not_hold()
    {
        var tracker = new ServiceTracker("here");
        foreach (var name in (string[])["a", "b"])
        {
            tracker.Set(Service(name, name == "a" ? "10.0.0.1" : "10.0.0.2", Port(null, 80)));
            tracker.Set(Slice(name, name + "-1", "", 80, Pod("10.1.0.1")));
        }

        tracker.Commit();
        tracker.BeginServices();
        tracker.BeginServices(); // the first one broke off
        tracker.Set(Service("b", "10.0.0.2", Port(null, 80)));
        tracker.EndServices();
        tracker.BeginSlices();
        tracker.EndSlices();
        var update = tracker.Commit();
        Assert.Equal("ns/b", Assert.Single(update.State.Ports).Key.ToString());
        Assert.Empty(update.State.Ports.Values.Single().Endpoints);
    }

    [Fact]
    public void Another_zone_touches_only_services_with_hints()
    {
        var tracker = new ServiceTracker("here");
        tracker.SetZone("z1");
        for (var i = 1; i < 50; i++)
        {
            tracker.Set(Service($"s{i}", $"10.0.0.{i}", Port(null, 80)));
            var zones = i == 7 ? new EndpointHints { ForZones = [new() { Name = "z1" }] } : null;
            var others = i == 7 ? new EndpointHints { ForZones = [new() { Name = "z2" }] } : null;
            tracker.Set(Slice($"s{i}", $"s{i}-1", "", 80, Pod("10.1.0.1") with { Hints = zones }, Pod("10.1.0.2") with { Hints = others }));
        }

        tracker.Commit();
        Assert.True(tracker.SetZone("z2"));
        var update = tracker.Commit();
        Assert.Equal("10.0.0.7:80/tcp", Assert.Single(update.Change.Frontends).ToString());
        Assert.Equal("10.1.0.2:80", Assert.Single(update.State.Ports[new("ns", "s7", "")].Endpoints).Target.ToString());
    }

    private static ProxyUpdate Track(IPFamily family, Service service)
    {
        var tracker = new ServiceTracker(family, "here");
        tracker.Set(service);
        return tracker.Commit();
    }

    private static Service With(Func<ServiceSpec, ServiceSpec> change)
    {
        var service = Service("web", "10.0.0.1", Port(null, 80));
        return service with { Spec = change(service.Spec!) };
    }

    private static ServiceStatus Balancer(params (string? Ip, string? Mode)[] ingress) =>
        new() { LoadBalancer = new() { Ingress = [.. ingress.Select(i => new LoadBalancerIngress { Ip = i.Ip, IpMode = i.Mode })] } };

    private static EndpointSlice Triggered(string name, string time)
    {
        var slice = Slice("web", name, "", 80, Pod("10.1.0.1"));
        var annotations = new Dictionary<string, string> { ["endpoints.kubernetes.io/last-change-trigger-time"] = time };
        return slice with { Metadata = slice.Metadata with { Annotations = annotations } };
    }
}
