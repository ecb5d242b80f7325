using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Proxy.Switching;

/// <summary><c>viaduct proxy --cleanup</c>.</summary>
public class CleanUpTests
{
    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public async Task The_rules_of_every_mode_go_and_nothing_else(IPFamily family)
    {
        var network = new CaseNetwork(family);
        var settings = new CaseSettings(CaseDetector.ClusterCidr, MasqueradeAll: false, CaseNodePorts.AllAddresses);
        using var lab = new CaseLab(network, settings);
        var ns = lab.Node.Namespace;
        var table = family == IPFamily.IPv4 ? "ip" : "ip6";
        Tool.Run(ns, "nft", $"add table {table} viaducts");
        Tool.Run(ns, "nft", $"add chain {table} viaducts services {{ type nat hook prerouting priority dstnat; }}");
        Tool.Run(ns, "nft", "add table inet kube-proxy-of-somebody");
        var before = Tool.Run(ns, "nft", "list ruleset");
        var modes = new ModesIn(ns, settings.Options(network));
        var state = network.State(network.Service(TransportProtocol.Tcp) with { Endpoints = [.. network.Endpoints(CaseEndpoints.Both)], HasEndpointsAnywhere = true });
        var served = 0;
        foreach (var mode in Enum.GetValues<ProxyMode>().Where(m => IsPossible(lab, m, settings, network)))
        {
            using var backend = modes.Open(mode);
            await backend.ApplyAsync(new ProxyChange([.. state.Claims.Keys], ServiceCidrsChanged: true), state, TestContext.Current.CancellationToken);
            served++;
        }

        Assert.NotEqual(before, Tool.Run(ns, "nft", "list ruleset"));
        ns.Run(ProxyServer.CleanUp);

        Assert.True(served >= 2, $"Only {served} modes are possible here.");
        var after = Tool.Run(ns, "nft", "list ruleset");
        Assert.StartsWith(before, after, StringComparison.Ordinal);
        Assert.DoesNotContain("KUBE-", after, StringComparison.Ordinal);
        // iptables leaves its built-in chains, which are empty; the foreign table's name begins as ours.
        Assert.DoesNotContain("viaduct", after.Replace("viaducts", "", StringComparison.Ordinal), StringComparison.Ordinal);
        // Nothing is left: that is no error.
        ns.Run(ProxyServer.CleanUp);
    }

    private static bool IsPossible(CaseLab lab, ProxyMode mode, CaseSettings settings, CaseNetwork network) =>
        lab.Node.Namespace.Run(() => ProxyBackends.FindMissingFeatures(mode, settings.Options(network))).Count == 0;
}
