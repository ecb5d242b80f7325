using System.Net;
using Microsoft.Extensions.Logging;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Sysctls;
using Viaduct.Node.Network;

namespace Viaduct.Tests.Kernel.Node.Routing;

public sealed class NodeSysctlsTests : IDisposable
{
    private readonly NetNamespace _ns = NetNamespace.Create();
    private readonly Sentences _log = new();

    public void Dispose() => _ns.Dispose();

    [Fact]
    public void A_namespace_of_ours_gets_what_a_node_needs_and_what_is_missing_is_told()
    {
        NodeSysctls.Apply(_ns, _log);
        foreach (var (name, value) in ((string, string)[])[("net.ipv4.ip_forward", "1"), ("net.ipv6.conf.all.forwarding", "1"), ("net.ipv4.conf.all.rp_filter", "0"), ("net.ipv6.conf.default.accept_ra", "0")])
            Assert.Equal(value, _ns.Run(() => Sysctl.Read(name)));
        if (_ns.Run(() => Sysctl.Exists("net.bridge.bridge-nf-call-iptables")))
            Assert.Empty(_log.Told);
        else
            Assert.Contains(_log.Told, s => s.Contains("modprobe br_netfilter", StringComparison.Ordinal));
    }

    // A machine of somebody else's keeps all settings that pods do without.
    [Theory]
    [InlineData("172.20.1.0/24", "0")]
    [InlineData("fd00::/64", "1")]
    public void A_machine_gets_the_forwarding_of_the_families_that_its_pods_have_and_nothing_else(string block, string forwardsIPv6)
    {
        var before = _ns.Run(() => Sysctl.Read("net.ipv4.conf.all.rp_filter"));
        _ns.Run(() => Sysctl.Write("net.ipv6.conf.default.accept_ra", "1"));
        NodeSysctls.ApplyToHost(_ns, [IPNetwork.Parse(block)], _log);
        Assert.Equal(("1", forwardsIPv6, before, "1"), _ns.Run(() =>
            (Sysctl.Read("net.ipv4.ip_forward"), Sysctl.Read("net.ipv6.conf.all.forwarding"), Sysctl.Read("net.ipv4.conf.all.rp_filter"), Sysctl.Read("net.ipv6.conf.default.accept_ra"))));
    }

    // As in a container that is not privileged.
    [Fact]
    public async Task Where_proc_sys_is_read_only_each_setting_that_differs_is_told_with_what_to_type_and_what_follows()
    {
        _ns.Run(() =>
        {
            Sysctl.Write("net.ipv4.ip_forward", "0");
            Sysctl.Write("net.ipv6.conf.all.forwarding", "1");
        });
        var told = await ReadOnlySysctls.StartAsync(_ns);
        Assert.Contains(
            "sysctl net.ipv4.ip_forward could not be set: setting sysctl net.ipv4.ip_forward to \"1\" failed: Read-only file system (EROFS). "
            + "/proc/sys is mounted read-only here, as in an ordinary container; a privileged one has it writable. "
            + "Set it on the machine (sysctl -w net.ipv4.ip_forward=1); pods reach nothing but their own node without it.",
            told,
            StringComparison.Ordinal);
        // One that is right already needs no writing.
        Assert.DoesNotContain("net.ipv6.conf.all.forwarding", told, StringComparison.Ordinal);
        Assert.Equal("0", _ns.Run(() => Sysctl.Read("net.ipv4.ip_forward")));
    }

    private sealed class Sentences : ILogger
    {
        public List<string> Told { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel level) => true;

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Told.Add(formatter(state, exception));
    }
}
