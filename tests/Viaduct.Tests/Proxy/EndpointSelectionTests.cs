using Viaduct.Kube.Objects;
using Viaduct.Proxy.Model;
using static Viaduct.Tests.Proxy.Objects;

namespace Viaduct.Tests.Proxy;

/// <summary>
/// Which endpoints each traffic policy gets. An endpoint is written as <c>NAME:state,place,hints</c>: state r (ready), t (terminating, still
/// serving), d (terminating, no longer serving), n (not ready); place h (here) or o (on another node); hints <c>z=ZONE</c> and <c>n=NODE</c>.
/// </summary>
public class EndpointSelectionTests
{
    private const string Cluster = "cluster";
    private const string Internal = "internal local";
    private const string External = "external local";
    private const string Both = "both local";
    private const string InternalAndNodePort = "internal local, a node port of policy Cluster";
    private const string NothingExternal = "external local, but nothing external";

    public static TheoryData<string, string, string, string, string, bool> Cases => new()
    {
        // what it shows, policy, endpoints, for cluster, for local, any anywhere
        { "no endpoints", Cluster, "", "", "", false },
        { "all ready ones, wherever they are", Cluster, "a:r,h b:r,o c:r,o", "a b c", "", true },
        { "one that is not ready is left out", Cluster, "a:r,h b:n,o", "a", "", true },
        { "ready ones are not mixed with terminating ones", Cluster, "a:r,o b:t,h", "a", "", true },
        { "terminating ones when none is ready", Cluster, "a:t,o b:t,h c:n,h", "a b", "", true },
        { "never one that terminates and serves no more", Cluster, "a:d,o b:d,h", "", "", false },
        { "only unready ones are as good as none", Cluster, "a:n,o b:n,h", "", "", false },

        { "zone hints that name our zone", Cluster, "a:r,o,z=z1 b:r,o,z=z2", "a", "", true },
        { "zone hints of an endpoint may name several", Cluster, "a:r,o,z=z1+z2 b:r,o,z=z2", "a", "", true },
        { "one ready endpoint without a hint disables zones", Cluster, "a:r,o,z=z1 b:r,o", "a b", "", true },
        { "an unready endpoint without a hint disables nothing", Cluster, "a:r,o,z=z1 b:n,o c:r,o,z=z2", "a", "", true },
        { "a terminating endpoint without a hint disables nothing", Cluster, "a:r,o,z=z1 b:t,o c:r,o,z=z2", "a", "", true },
        { "no hint for our zone: everywhere", Cluster, "a:r,o,z=z2 b:r,h,z=z3", "a b", "", true },
        { "the hint for our zone is on an unready one: everywhere", Cluster, "a:n,o,z=z1 b:r,o,z=z2", "b", "", true },
        { "terminating ones are taken from every zone", Cluster, "a:t,o,z=z1 b:t,o,z=z2", "a b", "", true },

        { "node hints that name us", Cluster, "a:r,h,n=here b:r,o,n=there", "a", "", true },
        { "node hints go before zone hints", Cluster, "a:r,h,n=here,z=z1 b:r,o,n=there,z=z1", "a", "", true },
        { "node hints that name others fall back to the zone", Cluster, "a:r,o,n=there,z=z1 b:r,o,n=yonder,z=z2", "a", "", true },
        { "node hints that name others and no zone: everywhere", Cluster, "a:r,o,n=there b:r,o,n=yonder", "a b", "", true },
        { "one ready endpoint without a node hint disables nodes", Cluster, "a:r,h,n=here,z=z1 b:r,o,z=z1 c:r,o,z=z2", "a b", "", true },
        { "the node hint for us is on an unready one: everywhere", Cluster, "a:n,h,n=here b:r,o,n=there", "b", "", true },
        { "terminating ones are taken whatever node they are meant for", Cluster, "a:t,o,n=there b:t,o,n=here", "a b", "", true },
        { "the case of names does not matter", Cluster, "a:r,h,n=HERE b:r,o,n=there", "a", "", true },

        { "internal: only local ones, and no cluster set", Internal, "a:r,h b:r,o", "", "a", true },
        { "internal: none local, some elsewhere", Internal, "a:r,o b:r,o", "", "", true },
        { "internal: none anywhere", Internal, "a:n,h b:d,o", "", "", false },
        { "internal: hints do not apply to local ones", Internal, "a:r,h,z=z2 b:r,o,z=z1", "", "a", true },
        { "internal: a local one that terminates, while others are ready elsewhere", Internal, "a:t,h b:r,o", "", "a", true },
        { "internal: a local ready one and a local terminating one", Internal, "a:t,h b:r,h", "", "b", true },
        { "internal: all local", Internal, "a:r,h b:r,h", "", "a b", true },
        { "internal: a local one that terminates and serves no more", Internal, "a:d,h b:r,o", "", "", true },
        { "internal: without any endpoint", Internal, "", "", "", false },
        { "internal with a node port: that one uses all", InternalAndNodePort, "a:r,h b:r,o", "a b", "a", true },
        { "internal with a node port: hints are for the node port only", InternalAndNodePort, "a:r,h,z=z1 b:r,h,z=z2 c:r,o,z=z1", "a c", "a b", true },
        { "internal: only a remote one that terminates", Internal, "a:t,o", "", "", true },

        { "external: both sets", External, "a:r,h b:r,o", "a b", "a", true },
        { "external: none local", External, "a:r,o", "a", "", true },
        { "external: each falls back for itself", External, "a:t,h b:r,o", "b", "a", true },
        { "external: both fall back", External, "a:t,h b:t,o c:n,h", "a b", "a", true },
        { "external: the cluster set keeps to the hints, the local one does not", External, "a:r,h,z=z2 b:r,o,z=z1", "b", "a", true },

        { "external: all remote and terminating, some serve no more", External, "a:t,o b:d,o c:t,o", "a c", "", true },
        { "external: a local one that terminates is not mixed with a local ready one", External, "a:t,h b:r,h c:t,o", "b", "b", true },
        { "external local counts only with something external", NothingExternal, "a:r,h b:r,o", "a b", "", true },

        { "both: none local", Both, "a:r,o b:r,o", "a b", "", true },
        { "both: all remote and terminating", Both, "a:t,o b:t,o", "a b", "", true },
        { "both: an external port needs both sets", Both, "a:r,h b:r,o", "a b", "a", true },
        { "both: none anywhere", Both, "a:n,h b:n,o", "", "", false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_policy_gets_its_endpoints(string what, string policy, string endpoints, string cluster, string local, bool isAnywhere)
    {
        Assert.NotEmpty(what);
        var tracker = new ServiceTracker(IPFamily.IPv4, "here");
        tracker.SetZone("z1");
        tracker.Set(ServiceWith(policy));
        tracker.Set(Slice("web", "web-1", "", 8080, Parse(endpoints)));
        var port = tracker.Commit().State.Ports.Single().Value;
        Assert.Equal((cluster, local, isAnywhere), (Names(port.Endpoints), Names(port.LocalEndpoints), port.HasEndpointsAnywhere));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void A_node_without_a_zone_uses_endpoints_of_all_zones(string? zone)
    {
        var tracker = new ServiceTracker(IPFamily.IPv4, "here");
        tracker.SetZone(zone);
        tracker.Set(ServiceWith(Cluster));
        tracker.Set(Slice("web", "web-1", "", 8080, Parse("a:r,o,z=z1 b:r,o,z=z2")));
        Assert.Equal("a b", Names(tracker.Commit().State.Ports.Single().Value.Endpoints));
    }

    [Fact]
    public void An_endpoint_is_remote_only_when_its_node_is_known()
    {
        var tracker = new ServiceTracker(IPFamily.IPv4, "here");
        tracker.Set(ServiceWith(Cluster));
        tracker.Set(Slice("web", "web-1", "", 8080, Pod("10.1.0.1"), Pod("10.1.0.2", node: "here"), Pod("10.1.0.3", node: "there")));
        Assert.Equal([false, false, true], tracker.Commit().State.Ports.Single().Value.Endpoints.Select(e => e.IsRemote));
    }

    [Fact]
    public void An_endpoint_whose_node_is_unknown_is_none_of_this_node()
    {
        var tracker = new ServiceTracker(IPFamily.IPv4, "here");
        tracker.Set(ServiceWith(Internal));
        tracker.Set(Slice("web", "web-1", "", 8080, Pod("10.1.0.1"), Pod("10.1.0.2", node: "HERE")));
        Assert.Equal("b", Names(tracker.Commit().State.Ports.Single().Value.LocalEndpoints));
    }

    [Theory]
    [InlineData(Cluster, "a:r,o b:t,o c:n,o d:d,o", "a b")]
    [InlineData(Cluster, "a:r,o,z=z1 b:r,o,z=z2", "a b")]
    [InlineData(Internal, "a:r,h b:r,o", "a b")]
    [InlineData(Cluster, "a:n,o", "")]
    public void Udp_flows_may_go_on_to_whatever_serves(string policy, string endpoints, string serving)
    {
        Assert.Equal(serving, Names(PortOf(policy, "UDP", endpoints).ServingEndpoints));
        Assert.Empty(PortOf(policy, "TCP", endpoints).ServingEndpoints);
    }

    [Fact]
    public void Endpoints_that_serve_and_those_that_are_chosen_are_one_array_when_they_are_the_same()
    {
        var port = PortOf(Cluster, "UDP", "a:r,o b:r,h");
        Assert.True(port.Endpoints == port.ServingEndpoints);
    }

    private static ServicePortState PortOf(string policy, string protocol, string endpoints)
    {
        var tracker = new ServiceTracker(IPFamily.IPv4, "here");
        tracker.SetZone("z1");
        var service = ServiceWith(policy);
        tracker.Set(service with { Spec = service.Spec! with { Ports = [Port(null, 80, protocol)] } });
        tracker.Set(Slice("web", "web-1", "", 8080, Parse(endpoints)) with { Ports = [new() { Name = "", Port = 8080, Protocol = protocol }] });
        return tracker.Commit().State.Ports.Single().Value;
    }

    private static Service ServiceWith(string policy)
    {
        var service = Service("web", "10.0.0.1", Port(null, 80, null, policy is External or Both or InternalAndNodePort ? 30080 : null));
        return service with
        {
            Spec = service.Spec! with
            {
                InternalTrafficPolicy = policy is Internal or Both or InternalAndNodePort ? "Local" : "Cluster",
                ExternalTrafficPolicy = policy is External or Both or NothingExternal ? "Local" : null,
            },
        };
    }

    private static IEnumerable<Endpoint> Parse(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ParseOne);

    private static Endpoint ParseOne(string text)
    {
        var fields = text[2..].Split(',');
        bool? ready = fields[0] == "r";
        var (serving, terminating) = (fields[0] is "r" or "t", fields[0] is "t" or "d");
        return Pod($"10.1.0.{text[0] - 'a' + 1}", ready, serving, terminating, fields[1] == "h" ? "here" : "there") with
        {
            Hints = new EndpointHints
            {
                ForZones = Hints(fields, "z=")?.Select(z => new ForZone { Name = z }).ToList(),
                ForNodes = Hints(fields, "n=")?.Select(n => new ForNode { Name = n }).ToList(),
            },
        };
    }

    private static string[]? Hints(string[] fields, string kind) => fields.FirstOrDefault(f => f.StartsWith(kind, StringComparison.Ordinal))?[2..].Split('+');

    private static string Names(IEnumerable<ProxyEndpoint> endpoints) =>
        string.Join(' ', endpoints.Select(e => (char)('a' + int.Parse(e.Target.Address.ToString().Split('.')[3], System.Globalization.CultureInfo.InvariantCulture) - 1)));
}
