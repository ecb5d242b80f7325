using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>What <c>viaduct service</c> tells of a Service in the modes that do not keep it in maps of nftables.</summary>
public class KernelItemTests
{
    public static TheoryData<ProxyMode, IPFamily> Modes => new(
        from mode in (ProxyMode[])[ProxyMode.Iptables, ProxyMode.Userspace]
        from family in (IPFamily[])[IPFamily.IPv4, IPFamily.IPv6]
        select (mode, family));

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Whatever_a_mode_wrote_it_finds_equal(ProxyMode mode, IPFamily family)
    {
        var network = new CaseNetwork(family);
        using var lab = Lab(network, mode);
        foreach (var given in ServiceCases.All.DistinctBy(c => (c.InternalLocal, c.ExternalLocal, c.Endpoints, c.Range)))
        {
            var state = network.State(given);
            lab.Apply(state);
            foreach (var port in state.Ports.Values)
                Assert.All(await InspectAsync(lab, state, port), i => Assert.True(i.IsEqual, $"{given}: {i}"));
        }
    }

    [Fact]
    public async Task Iptables_shows_each_rule_with_its_packets_and_what_somebody_edited()
    {
        var network = new CaseNetwork(IPFamily.IPv4);
        using var lab = Lab(network, ProxyMode.Iptables);
        var (state, port) = Apply(lab, 60);
        for (var i = 0; i < 3; i++)
            lab[CaseClient.Outside].AskTcp(network.ClusterIP, CaseNetwork.Port);

        var items = await InspectAsync(lab, state, port);
        var line = items.Single(i => i.What == "nat KUBE-SERVICES" && i.Kernel!.Contains("cluster IP", StringComparison.Ordinal));
        Assert.Equal(3ul, line.Traffic!.Packets);
        var clients = items.Where(i => i.What.StartsWith("clients that came to ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(["0", "1"], clients.Select(c => c.Kernel).Order());
        Assert.All(items, i => Assert.True(i.IsEqual, $"{i}"));

        var endpoint = items.First(i => i.What.StartsWith("nat KUBE-SEP-", StringComparison.Ordinal)).What.Split(' ')[1];
        Run(lab, $"iptables -t nat -F {endpoint}");
        Run(lab, $"iptables -t nat -A {endpoint} -j RETURN");
        Run(lab, "iptables -t nat -D KUBE-SERVICES " + line.Kernel!.Replace("\"default/web:tcp cluster IP\"", "COMMENT", StringComparison.Ordinal));
        var different = (await InspectAsync(lab, state, port)).Where(i => !i.IsEqual).ToArray();
        Assert.Equal((line.What, line.Proxy, null), (different[0].What, different[0].Proxy, different[0].Kernel));
        Assert.All(different[1..], i => Assert.Equal($"nat {endpoint}", i.What));
        Assert.Contains(different, i => i is { Proxy: null, Kernel: "-j RETURN" });
    }

    [Fact]
    public async Task Userspace_shows_where_rules_lead_whether_it_listens_there_and_whom_it_copies_to()
    {
        var network = new CaseNetwork(IPFamily.IPv4);
        using var lab = Lab(network, ProxyMode.Userspace);
        var (state, port) = Apply(lab, 60);
        lab[CaseClient.Outside].AskTcp(network.ClusterIP, CaseNetwork.Port);

        var items = await InspectAsync(lab, state, port);
        var listening = Assert.Single(items, i => i.What == "listens on");
        Assert.StartsWith("169.254.86.68:", listening.Kernel, StringComparison.Ordinal);
        var frontend = $"{network.ClusterIP}:80/tcp";
        Assert.Equal(listening.Kernel, items.Single(i => i.What == $"{frontend}: redirected to").Kernel + "/tcp");
        Assert.Equal(1ul, items.Single(i => i.What == $"{frontend}: verdict").Traffic!.Packets);
        Assert.Equal([$"{network.LocalEndpoint}:8080", $"{network.RemoteEndpoint}:8080"], items.Where(i => i.What.EndsWith(" copies to", StringComparison.Ordinal)).Select(i => i.Proxy));
        Assert.Equal("1", items.Single(i => i.What == "clients that stay with their endpoint").Proxy);

        Run(lab, "nft flush map ip viaduct-userspace endpoints");
        var different = (await InspectAsync(lab, state, port)).Where(i => !i.IsEqual).ToArray();
        Assert.Equal($"{frontend}: redirected to", different[0].What);
        Assert.Equal("(hole)", different[0].Kernel);
    }

    private static CaseLab Lab(CaseNetwork network, ProxyMode mode) => new(network, new CaseSettings(CaseDetector.Bridge, MasqueradeAll: false, CaseNodePorts.FirstAddress), mode);

    private static (ProxyState State, ServicePortState Port) Apply(CaseLab lab, int affinitySeconds)
    {
        var port = lab.Network.Service(TransportProtocol.Tcp) with { AffinitySeconds = affinitySeconds, HasEndpointsAnywhere = true, Endpoints = [.. lab.Network.Endpoints(CaseEndpoints.Both)] };
        var state = lab.Network.State(port);
        lab.Apply(state);
        return (state, port);
    }

    private static Task<IReadOnlyList<KernelItem>> InspectAsync(CaseLab lab, ProxyState state, ServicePortState port) =>
        ((IInspectedBackend)lab.Backend).InspectAsync(state, port, TestContext.Current.CancellationToken);

    private static void Run(CaseLab lab, string command) =>
        Tool.Run(lab.Node.Namespace, command.Split(' ')[0], [.. command.Split(' ')[1..].Select(w => w == "COMMENT" ? "default/web:tcp cluster IP" : w)]);
}
