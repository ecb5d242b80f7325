using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Sysctls;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>route_localnet, which nftables mode sets for node ports on the loopback address.</summary>
public sealed class LoopbackRoutingTests : IDisposable
{
    private const string Setting = "net.ipv4.conf.all.route_localnet";
    private static readonly CaseNetwork Network = new(IPFamily.IPv4);
    private static readonly BackendOptions Open = Options(CaseNodePorts.Loopback), Closed = Options(CaseNodePorts.AllAddresses);

    private readonly NetNamespace ns = NetNamespace.Create();

    public LoopbackRoutingTests() => Value = "0";

    private string Value
    {
        get => ns.Run(() => Sysctl.Read(Setting));
        set => ns.Run(() => Sysctl.Write(Setting, value));
    }

    public void Dispose() => ns.Dispose();

    [Fact]
    public void It_is_on_while_the_guard_stands_and_off_again_when_the_rules_are_removed_by_another_process()
    {
        using (ns.Run(() => NftablesBackend.Open(Open)))
            Assert.Equal("0", Value);
        Serve(Open);
        Assert.Equal("1", Value);
        // A restart does not take it for somebody else's.
        Serve(Open);
        Assert.Equal("1", Value);
        ns.Run(() => NftablesBackend.Remove(IPFamily.IPv4));
        Assert.Equal("0", Value);
    }

    [Fact]
    public void It_goes_with_the_guard_when_node_ports_leave_the_loopback_address()
    {
        Serve(Open);
        Assert.Contains("loopback-guard", Rules(), StringComparison.Ordinal);
        Serve(Closed);
        Assert.DoesNotContain("loopback-guard", Rules(), StringComparison.Ordinal);
        Assert.Equal("0", Value);
    }

    [Fact]
    public void It_stays_on_if_it_was_on_before()
    {
        Value = "1";
        Serve(Open);
        Serve(Open);
        Serve(Closed);
        Assert.Equal("1", Value);
        Serve(Open);
        ns.Run(() => NftablesBackend.Remove(IPFamily.IPv4));
        Assert.Equal("1", Value);
    }

    [Fact]
    public void It_stays_on_for_iptables_mode_that_takes_over_with_its_own_guard_and_for_no_other()
    {
        Serve(Open);
        ns.Run(() => ProxyBackends.Remove(ProxyMode.Nftables, IPFamily.IPv4, (ProxyMode.Iptables, Open with { LocalhostNodePorts = true })));
        Assert.Equal("1", Value);

        Value = "0";
        Serve(Open);
        ns.Run(() => ProxyBackends.Remove(ProxyMode.Nftables, IPFamily.IPv4, (ProxyMode.Iptables, Open with { LocalhostNodePorts = false })));
        Assert.Equal("0", Value);
    }

    private string Rules() => Tool.Run(ns, "nft", "list table ip viaduct");

    private void Serve(BackendOptions options)
    {
        using var backend = ns.Run(() => NftablesBackend.Open(options));
        backend.ApplyAsync(new ProxyChange([]), ProxyState.Empty, default).GetAwaiter().GetResult();
    }

    private static BackendOptions Options(CaseNodePorts nodePorts) => new CaseSettings(CaseDetector.Bridge, MasqueradeAll: false, nodePorts).Options(Network);
}
