using CsCheck;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Iptables;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Proxy;

/// <summary>Plans of iptables mode, without iptables.</summary>
public class IptablesPlannerTests
{
    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public void Whatever_changes_in_whatever_steps_the_rules_are_those_of_a_fresh_write(IPFamily family) =>
        ServiceStep.Gen(family).Array[1, 40].Sample(
            steps =>
            {
                var planner = Planner(family);
                var (installed, state) = (new InstalledRules(), ProxyState.Empty);
                foreach (var step in steps)
                {
                    (state, var change) = step.Do(state);
                    planner.Plan(installed, change, state);
                }

                AssertSame(planner.PlanAll(new FoundRules(), state).After, installed);
            },
            iter: 300);

    // Refused is what has a wrong address, as iptables would; whoever is refused, the rest is as if it were not there.
    [Fact]
    public void A_refused_port_leaves_a_shared_node_port_to_another_service_and_gets_it_back_when_it_is_mended()
    {
        var good = Web("web", "10.0.0.1");
        var bad = Web("bad", "fd00::1");
        var planner = new RulesPlanner(new BackendOptions { Family = IPFamily.IPv4 }, dropsInvalid: true, p => !p.ClusterIP.IsIPv4);
        var alone = StateOf(good);
        var installed = planner.PlanAll(new FoundRules(), alone).After;
        var both = StateOf(good, bad);
        planner.Plan(installed, new ProxyChange([.. bad.Frontends.Select(f => f.Frontend)]), both);
        Assert.Equal(Describe(planner.PlanAll(new FoundRules(), alone).After), Describe(installed));
        AssertSame(planner.PlanAll(new FoundRules(), both).After, installed);
        Assert.Equal(good.Name, installed.Owners[Frontend.NodePort(TransportProtocol.Tcp, 30000)]);

        var mended = StateOf(good, bad with { ClusterIP = Address("10.0.0.2") });
        planner.Plan(installed, new ProxyChange([.. bad.Frontends.Concat(mended.Ports[bad.Name].Frontends).Select(f => f.Frontend).Distinct()]), mended);
        AssertSame(planner.PlanAll(new FoundRules(), mended).After, installed);
        Assert.Equal(bad.Name, installed.Owners[Frontend.NodePort(TransportProtocol.Tcp, 30000)]);
    }

    private static RulesPlanner Planner(IPFamily family) => new(new BackendOptions { Family = family, LocalDetector = new LocalDetector.Bridge("cni0") }, dropsInvalid: true);

    private static ServicePortState Web(string name, string clusterIP) => new()
    {
        Name = new("default", name, ""),
        ClusterIP = Address(clusterIP),
        Protocol = TransportProtocol.Tcp,
        Port = 80,
        NodePort = 30000,
        Endpoints = [new(new(Address("10.1.0.1"), 8080), IsRemote: false)],
        HasEndpointsAnywhere = true,
    };

    private static ProxyState StateOf(params ServicePortState[] ports) =>
        ServiceStep.StateOf(System.Collections.Immutable.ImmutableDictionary.CreateRange(ports.Select(p => KeyValuePair.Create(p.Name, p))));

    private static PackedAddress Address(string text) => PackedAddress.From(System.Net.IPAddress.Parse(text));

    private static void AssertSame(InstalledRules expected, InstalledRules actual)
    {
        Assert.Equal(Describe(expected), Describe(actual));
        Assert.Equal(expected.Owners.OrderBy(o => o.Key.ToString(), StringComparer.Ordinal), actual.Owners.OrderBy(o => o.Key.ToString(), StringComparer.Ordinal));
    }

    private static IEnumerable<string> Describe(InstalledRules rules) => rules.Ports
        .SelectMany(p => p.Value.Chains.Select(c => $"{p.Key} {c.Id} {c.Digest}").Concat(p.Value.Lines.Select(l => $"{p.Key} {l}")))
        .Order(StringComparer.Ordinal);
}
