using System.Net;
using Viaduct.Linux.Sysctls;
using Viaduct.Proxy.Backends.Iptables;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Ipvs;

/// <summary>What others break, what the kernel refuses, and what it lacks.</summary>
public sealed partial class IpvsBackendTests
{
    // The kernel of user-mode Linux has iptables' own tables, but not nf_tables' translation of addresses.
    [Fact]
    public void A_variant_of_iptables_that_the_kernel_cannot_serve_is_found_before_anything_is_written()
    {
        Assert.Empty(lab.Node.Namespace.Run(() => IptablesBackend.FindMissingFeatures(IPFamily.IPv4, IptablesVariant.Legacy)));
        Assert.SkipWhen(NftablesBackend.FindMissingFeatures(IPFamily.IPv4).Count == 0, "this kernel has nf_tables");
        Assert.Contains("iptables does not support", lab.Node.Namespace.Run(() => IptablesBackend.FindMissingFeatures(IPFamily.IPv4, IptablesVariant.Nft))[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_whole_is_no_damage()
    {
        using var backend = Open(o => o with { SyncPeriod = TimeSpan.FromMilliseconds(100) });
        var state = State(Web(CaseEndpoints.Both) with { ExternalLocal = true, LocalEndpoints = [.. network.Endpoints(CaseEndpoints.Local)], SourceRanges = [IPNetwork.Parse("10.0.0.0/8")] });
        await backend.ApplyAsync(Everything(state), state, TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        var edit = backend.WaitForForeignEditAsync(stop.Token);
        Assert.NotSame(edit, await Task.WhenAny(edit, Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken)));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => edit);
    }

    [Theory]
    [InlineData("ipvsadm -C")]
    [InlineData("ipvsadm -D -t 198.51.100.7:80")]
    [InlineData("ipset flush VIADUCT-CLUSTER-IP")]
    [InlineData("iptables-legacy -t mangle -F")]
    [InlineData("iptables-legacy -t nat -F VIADUCT-IPVS-POSTROUTING")]
    [InlineData("iptables-legacy -D INPUT -m conntrack --ctstate NEW -j VIADUCT-IPVS-FILTER")]
    public async Task A_flush_by_somebody_else_is_noticed_in_the_next_period_and_repaired(string command)
    {
        using var backend = Open(o => o with { SyncPeriod = TimeSpan.FromMilliseconds(300) });
        var state = State(Web(CaseEndpoints.Both));
        await backend.ApplyAsync(Everything(state), state, TestContext.Current.CancellationToken);
        var before = Whole();
        var edit = backend.WaitForForeignEditAsync(TestContext.Current.CancellationToken);
        Run(command);
        Assert.NotEqual(before, Whole());
        await edit.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True((await backend.ApplyAsync(new ProxyChange([]), state, TestContext.Current.CancellationToken)).IsFull);
        Assert.Equal(before, Whole());

        string Whole() => string.Join('\n', Saved()) + Run("ipset save") + string.Concat(new[] { "mangle", "nat", "filter" }.Select(t => Run($"iptables-legacy -t {t} -S")));
    }

    [Fact]
    public void A_service_that_the_kernel_refuses_is_left_out_and_named_and_tried_again_when_it_changes()
    {
        var good = Web(CaseEndpoints.Both);
        Apply(State(good));
        var before = Saved();
        // An IPv6 address is no entry of an IPv4 set. Its node port is another's, too, which then has it although its name comes later.
        var bad = good with { Name = new("default", "a-bad-one", ""), ClusterIP = PackedAddress.From(IPAddress.Parse("fd00::1")), ExternalIPs = [], LoadBalancerIPs = [] };
        Assert.True(bad.Name.CompareTo(good.Name) < 0);
        Assert.Equal(bad.Name.Service, Assert.Single(Apply(network.State(good, bad)).Refused).Service);
        Assert.Equal(before, Saved());
        lab.NewBackend();
        Assert.Equal(bad.Name.Service, Assert.Single(Apply(network.State(good, bad)).Refused).Service);
        Assert.Equal(before, Saved());

        var mended = network.State(good, bad with { ClusterIP = PackedAddress.From(IPAddress.Parse("10.96.0.99")) });
        Assert.Empty(Apply(mended).Refused);
        Assert.Contains("-A -t 10.96.0.99:80 -s rr", Saved());
        lab.NewBackend();
        Assert.Equal(0, Apply(mended).Elements);
    }

    // Where the bridge does not call iptables, the answer of a pod on it would be switched straight to the client, which knows no connection to that address.
    [Theory]
    [InlineData(CaseNetwork.BridgeName, true)]
    [InlineData(null, false)]
    public async Task A_pod_reaches_another_on_a_bridge_without_netfilter_by_the_bridges_address(string? bridge, bool isAnswered)
    {
        lab.Node.Namespace.Run(() => Sysctl.Write("net.bridge.bridge-nf-call-iptables", "0"));
        using var backend = Open(o => o with { BridgeWithoutNetfilter = bridge });
        var states = new[] { TransportProtocol.Tcp, TransportProtocol.Udp }.Select(p => network.Service(p) with { Endpoints = [.. network.Endpoints(CaseEndpoints.Local)], HasEndpointsAnywhere = true });
        var state = network.State(states.ToArray());
        await backend.ApplyAsync(Everything(state), state, TestContext.Current.CancellationToken);
        var client = lab[CaseClient.LocalPod];
        if (!isAnswered)
        {
            Assert.Throws<TimeoutException>(() => client.AskTcp(network.ClusterIP, CaseNetwork.Port));
            return;
        }

        Assert.Equal($"local {network.Bridge}", client.AskTcp(network.ClusterIP, CaseNetwork.Port));
        Assert.Equal($"local {network.Bridge}", client.AskUdp(network.ClusterIP, CaseNetwork.Port));
        // A process of the pod that is the endpoint, and who comes from elsewhere, are served as ever.
        Assert.StartsWith("local ", lab[CaseClient.LocalEndpoint].AskTcp(network.ClusterIP, CaseNetwork.Port), StringComparison.Ordinal);
        Assert.StartsWith("local ", lab[CaseClient.Outside].AskTcp(network.ClusterIP, CaseNetwork.Port), StringComparison.Ordinal);
    }
}
