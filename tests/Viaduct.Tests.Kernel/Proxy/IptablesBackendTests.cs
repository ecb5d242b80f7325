using System.Collections.Immutable;
using System.Net;
using CsCheck;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Sysctls;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Backends.Iptables;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Proxy;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>What iptables has after changes, faults and edits, and that connections do not notice.</summary>
public sealed class IptablesBackendTests : IDisposable
{
    private const IptablesVariant Nft = IptablesVariant.Nft, Legacy = IptablesVariant.Legacy;
    public static MatrixTheoryData<IptablesVariant, string> Edits { get; } = new(
        [Nft, Legacy], ["-t nat -F KUBE-SERVICES", "-t nat -F POSTROUTING", "-t nat -F KUBE-POSTROUTING", "-F KUBE-SERVICES", "-t nat -D PREROUTING 1"]);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly NetNamespace ns = NetNamespace.Create();
    private readonly List<IDisposable> opened = [];

    public void Dispose()
    {
        opened.ForEach(o => o.Dispose());
        ns.Dispose();
    }

    [Theory]
    [InlineData(Nft)]
    [InlineData(Legacy)]
    public void The_same_state_again_and_a_restart_write_nothing(IptablesVariant variant)
    {
        var state = State(5);
        var backend = Backend(variant, ns);
        Assert.True(Apply(backend, state) is { IsFull: true, Transactions: 1 });
        Assert.True(Apply(backend, state) is { IsFull: false, Transactions: 0, Elements: 0 });
        Assert.True(Apply(Backend(variant, ns), state) is { IsFull: true, Transactions: 0, Elements: 0 });
    }

    [Theory]
    [InlineData(Nft, 2)]
    [InlineData(Legacy, 1)]
    public void Very_many_rules_are_written_in_parts_where_that_is_faster(IptablesVariant variant, int parts)
    {
        var endpoints = Enumerable.Range(1, 20).Select(e => new ProxyEndpoint(new(Address($"10.2.0.{e}"), 8080), IsRemote: true)).ToImmutableArray();
        var state = ServiceStep.StateOf(State(240).Ports.ToImmutableDictionary(p => p.Key, p => p.Value with { Endpoints = endpoints, HasEndpointsAnywhere = true }));
        Assert.Equal(parts, Apply(Backend(variant, ns), state).Transactions);
        Assert.Equal(240 * endpoints.Length, Contents(variant, ns).Count(line => line.Contains("-j DNAT", StringComparison.Ordinal)));
        Assert.True(Apply(Backend(variant, ns), state) is { Transactions: 0, Elements: 0 });
    }

    [Theory]
    [InlineData(Nft)]
    [InlineData(Legacy)]
    public void Trying_what_the_kernel_has_leaves_nothing(IptablesVariant variant)
    {
        var before = Contents(variant, ns);
        Assert.Empty(ns.Run(() => IptablesBackend.FindMissingFeatures(IPFamily.IPv4, variant)));
        Assert.Empty(ns.Run(() => IptablesBackend.FindMissingFeatures(IPFamily.IPv6, variant)));
        Assert.Equal(before, Contents(variant, ns));
    }

    [Theory]
    [InlineData(Nft)]
    [InlineData(Legacy)]
    public async Task What_the_proxy_writes_itself_is_not_taken_for_damage(IptablesVariant variant)
    {
        var (backend, state) = (Backend(variant, ns), State(4));
        Apply(backend, state);
        var wait = backend.WaitForForeignEditAsync(TestContext.Current.CancellationToken);
        for (var services = 1; services < 20; services++)
        {
            (var before, state) = (state, State(services));
            await backend.ApplyAsync(new ProxyChange([.. before.Claims.Keys.Union(state.Claims.Keys)]), state, TestContext.Current.CancellationToken);
        }

        Run(variant, "-t raw -N MINE");
        // Its look in each sync period, some times over.
        await Assert.ThrowsAsync<TimeoutException>(() => wait.WaitAsync(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Edits))]
    public async Task A_single_edit_by_somebody_else_is_noticed_and_repaired(IptablesVariant variant, string edit)
    {
        var (backend, state) = (Backend(variant, ns), State(5));
        Apply(backend, state);
        var before = Contents(variant, ns);
        var wait = backend.WaitForForeignEditAsync(TestContext.Current.CancellationToken);
        Run(variant, edit);
        await wait.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.NotEqual(before, Contents(variant, ns));
        Assert.True(await backend.ApplyAsync(new ProxyChange([]), state, TestContext.Current.CancellationToken) is { IsFull: true, Transactions: > 0 });
        Assert.Equal(before, Contents(variant, ns));
    }

    [Theory]
    [InlineData(Nft)]
    [InlineData(Legacy)]
    public async Task A_flush_of_the_table_nat_is_noticed_and_repaired(IptablesVariant variant)
    {
        var state = State(5);
        var backend = Backend(variant, ns);
        Apply(backend, state);
        var before = Contents(variant, ns);
        var wait = backend.WaitForForeignEditAsync(TestContext.Current.CancellationToken);
        Run(variant, "-t nat -F");
        await wait.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.NotEqual(before, Contents(variant, ns));
        Assert.True(await backend.ApplyAsync(new ProxyChange([]), state, TestContext.Current.CancellationToken) is { IsFull: true, Transactions: > 0 });
        Assert.Equal(before, Contents(variant, ns));
    }

    [Theory]
    [InlineData(Nft)]
    [InlineData(Legacy)]
    public void Removal_leaves_what_belongs_to_others(IptablesVariant variant)
    {
        foreach (var command in (string[])[
            "-N MINE", "-A MINE -s 192.0.2.1 -j DROP", "-A INPUT -j MINE", "-t nat -N KUBE-MARK-DROP", "-t nat -A KUBE-MARK-DROP -j MARK --or-mark 0x8000",
            "-t mangle -N KUBE-KUBELET-CANARY", "-N KUBE-FIREWALL", "-A INPUT -j KUBE-FIREWALL", "-A OUTPUT -j KUBE-FIREWALL",
            "-A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP"])
            Run(variant, command);
        var before = Contents(variant, ns);
        Apply(Backend(variant, ns), State(5));
        Assert.NotEqual(before, Contents(variant, ns));
        ns.Run(() => IptablesBackend.Remove(IPFamily.IPv4));
        // What protects the loopback address stays with the rest of kubelet's chain.
        Assert.Equal(before, Contents(variant, ns).Where(l => !l.Contains("block incoming localnet connections", StringComparison.Ordinal)));
        ns.Run(() => IptablesBackend.Remove(IPFamily.IPv4));
    }

    [Theory]
    [InlineData(IPFamily.IPv4, Nft)]
    [InlineData(IPFamily.IPv4, Legacy)]
    [InlineData(IPFamily.IPv6, Nft)]
    public void Changes_step_by_step_leave_what_a_fresh_write_makes(IPFamily family, IptablesVariant variant) =>
        ServiceStep.Gen(family).Array[1, 12].Sample(
            steps =>
            {
                using var place = NetNamespace.Create();
                using var other = NetNamespace.Create();
                var backend = Backend(variant, place, family);
                var state = ProxyState.Empty;
                foreach (var step in steps)
                {
                    (state, var change) = step.Do(state);
                    Assert.Empty(Apply(backend, change, state).Refused);
                }

                Apply(Backend(variant, other, family), state);
                Assert.Equal(Contents(variant, other, family), Contents(variant, place, family));
                Assert.Equal(0, Apply(Backend(variant, place, family), state).Elements);
            },
            iter: 6, threads: 1);

    [Theory]
    [InlineData(Nft)]
    [InlineData(Legacy)]
    public void A_service_that_iptables_refuses_is_left_out_and_named_and_tried_again_when_it_changes(IptablesVariant variant)
    {
        var good = State(12);
        // An IPv6 address is no destination of an IPv4 rule. Its node port is another's, too, which then has it although its name comes later.
        var bad = good.Ports.Values.First(p => p.NodePort != 0) with { Name = new("default", "bad", ""), ClusterIP = Address("fd00::1") };
        var state = ServiceStep.StateOf(good.Ports.SetItem(bad.Name, bad));
        var backend = Backend(variant, ns);
        Assert.Equal(new ServiceName("default", "bad"), Assert.Single(Apply(backend, state).Refused).Service);
        using (var other = NetNamespace.Create())
        {
            Apply(Backend(variant, other), good);
            Assert.Equal(Contents(variant, other), Contents(variant, ns));
        }

        var mended = ServiceStep.StateOf(state.Ports.SetItem(bad.Name, bad with { ClusterIP = Address("10.9.9.9") }));
        Assert.Empty(Apply(backend, mended).Refused);
        Assert.Equal(0, Apply(Backend(variant, ns), mended).Elements);
    }

    [Theory]
    [InlineData(Nft)]
    [InlineData(Legacy)]
    public void A_change_that_fails_is_followed_by_a_comparison_of_everything(IptablesVariant variant)
    {
        var backend = Backend(variant, ns);
        Apply(backend, State(5));
        // The rules of Services that the change removes are not there any more.
        Run(variant, "-t nat -F KUBE-SERVICES");
        Assert.True(Apply(backend, State(2)) is { IsFull: true, Transactions: > 0, Refused: [] });
        using var other = NetNamespace.Create();
        Apply(Backend(variant, other), State(2));
        Assert.Equal(Contents(variant, other), Contents(variant, ns));
    }

    [Theory]
    [InlineData(Nft)]
    [InlineData(Legacy)]
    public async Task No_connection_fails_during_a_restart(IptablesVariant variant)
    {
        var network = new CaseNetwork(IPFamily.IPv4);
        using var lab = Lab(network, variant);
        var state = Served(network, CaseEndpoints.Both, affinitySeconds: 0);
        lab.Apply(state);
        var rules = Contents(variant, lab.Node.Namespace);
        var asked = 0;
        using var stop = new CancellationTokenSource();
        var connecting = Task.Run(
            () =>
            {
                for (; !stop.IsCancellationRequested; Interlocked.Increment(ref asked))
                    Answer(lab);
            },
            TestContext.Current.CancellationToken);
        for (var restart = 0; restart < 3; restart++)
        {
            lab.Backend.Dispose();
            lab.NewBackend();
            var report = await lab.Backend.ApplyAsync(new ProxyChange([.. state.Claims.Keys]), state, TestContext.Current.CancellationToken);
            Assert.True(report is { IsFull: true, Transactions: 0 });
            var before = Volatile.Read(ref asked);
            Assert.True(SpinWait.SpinUntil(() => connecting.IsCompleted || Volatile.Read(ref asked) > before + 5, s_patience));
        }

        await stop.CancelAsync();
        await connecting.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal(rules, Contents(variant, lab.Node.Namespace));
    }

    [Theory]
    [InlineData(IPFamily.IPv4, Nft)]
    [InlineData(IPFamily.IPv4, Legacy)]
    [InlineData(IPFamily.IPv6, Nft)]
    public void A_client_stays_with_its_endpoint_until_that_leaves(IPFamily family, IptablesVariant variant)
    {
        const int Enough = 15;
        var network = new CaseNetwork(family);
        using var lab = Lab(network, variant);
        lab.Apply(Served(network, CaseEndpoints.Both));
        var first = Answer(lab);
        Assert.All(Enumerable.Range(0, Enough), _ => Assert.Equal(first, Answer(lab)));
        Assert.All(Enumerable.Range(0, Enough), _ => Assert.Equal(first, Answer(lab, CaseTarget.NodePort)));
        lab.Backend.Dispose();
        lab.NewBackend();
        lab.Apply(Served(network, CaseEndpoints.Both));
        Assert.All(Enumerable.Range(0, Enough), _ => Assert.Equal(first, Answer(lab)));

        var (rest, other) = first == "local" ? (CaseEndpoints.Remote, "remote") : (CaseEndpoints.Local, "local");
        lab.Apply(Served(network, rest));
        Assert.Equal(other, Answer(lab));
        lab.Apply(Served(network, CaseEndpoints.Both));
        Assert.All(Enumerable.Range(0, Enough), _ => Assert.Equal(other, Answer(lab)));
    }

    [Theory]
    [InlineData(Nft)]
    [InlineData(Legacy)]
    public void Node_ports_answer_on_the_loopback_address_while_other_hosts_cannot_reach_it(IptablesVariant variant)
    {
        var network = new CaseNetwork(IPFamily.IPv4);
        using var lab = Lab(network, variant);
        var (state, loopback) = (Served(network, CaseEndpoints.Both, affinitySeconds: 0), network.Of(CaseTarget.NodePortOnLoopback));
        var (routeLocalnet, program) = ("net.ipv4.conf.all.route_localnet", variant == Nft ? "iptables-nft" : "iptables-legacy");
        lab.Apply(state);
        Assert.StartsWith("node ", lab.Node.AskTcp(loopback.Address, loopback.Port), StringComparison.Ordinal);
        Assert.Equal("0", lab.Node.Namespace.Run(() => Sysctl.Read(routeLocalnet)));

        var options = new CaseSettings(CaseDetector.Bridge, MasqueradeAll: false, CaseNodePorts.AllAddresses).Options(network) with { Iptables = variant, LocalhostNodePorts = true };
        using (var backend = lab.Node.Namespace.Run(() => IptablesBackend.Open(options)))
        {
            // Not before the rule that guards it.
            Assert.Equal("0", lab.Node.Namespace.Run(() => Sysctl.Read(routeLocalnet)));
            Apply(backend, state);
        }

        Assert.DoesNotContain("node ", lab.Node.AskTcp(loopback.Address, loopback.Port), StringComparison.Ordinal);
        Assert.Equal("1", lab.Node.Namespace.Run(() => Sysctl.Read(routeLocalnet)));
        OpenLoopbackTo(lab[CaseClient.Outside], network.Node);
        using (var socket = lab[CaseClient.Outside].OpenUdp(IPAddress.Loopback, CaseNetwork.NodePort + 1))
            socket.Send("who?"u8);
        lab[CaseClient.Outside].AskTcp(network.Node, CaseNetwork.NodePort + 1);
        Assert.Matches(@"\n +1 +\d+ DROP ", Tool.Run(lab.Node.Namespace, program, "-w", "-nvxL", "KUBE-FIREWALL"));

        // The rule is kubelet's as well, so it stays, like the setting that it makes harmless.
        lab.Node.Namespace.Run(() => IptablesBackend.Remove(IPFamily.IPv4));
        Assert.Equal(3, Contents(variant, lab.Node.Namespace).Count(l => l.Contains("-A KUBE-FIREWALL", StringComparison.Ordinal) || l.Contains("-j KUBE-FIREWALL", StringComparison.Ordinal)));
        Tool.Run(lab.Node.Namespace, program, "-w", "-F", "KUBE-FIREWALL");
        Assert.StartsWith("node ", lab[CaseClient.Outside].AskTcp(IPAddress.Loopback, CaseNetwork.NodePort + 1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Nft, "legacy")]
    [InlineData(Legacy, "nf_tables")]
    public void The_other_variant_is_never_taken_for_the_chosen_one(IptablesVariant variant, string installed)
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            var program = Path.Combine(directory.FullName, "iptables-restore");
            File.WriteAllText(program, $"#!/bin/sh\necho 'iptables-restore v1.8.9 ({installed})'\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            var wanted = variant == Nft ? "iptables-nft-restore" : "iptables-legacy-restore";
            var message = Assert.Throws<IptablesException>(() => ProgramPaths.Of(IPFamily.IPv4, variant, "-restore", [directory.FullName])).Message;
            Assert.StartsWith($"The program {wanted} is missing", message, StringComparison.Ordinal);
            Assert.Equal(program, ProgramPaths.Of(IPFamily.IPv4, variant == Nft ? Legacy : Nft, "-restore", [directory.FullName]));
            var none = Assert.Throws<IptablesException>(() => ProgramPaths.Of(IPFamily.IPv6, variant, "-restore", [directory.FullName])).Message;
            Assert.StartsWith("The program ip6tables-restore is missing:", none, StringComparison.Ordinal);
            File.Move(program, Path.Combine(directory.FullName, variant == Nft ? "ip6tables-legacy-restore" : "ip6tables-nft-restore"));
            var other = Assert.Throws<IptablesException>(() => ProgramPaths.Of(IPFamily.IPv6, variant, "-restore", [directory.FullName])).Message;
            Assert.StartsWith($"The program {wanted.Replace("iptables", "ip6tables", StringComparison.Ordinal)} is missing, and", other, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private IptablesBackend Backend(IptablesVariant variant, NetNamespace where, IPFamily family = IPFamily.IPv4)
    {
        var backend = where.Run(() => IptablesBackend.Open(new BackendOptions
        {
            Family = family,
            Iptables = variant,
            LocalDetector = new LocalDetector.Bridge("cni0"),
            NodePortNetworks = [IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("fd01::/16")],
            SyncPeriod = TimeSpan.FromMilliseconds(200),
        }));
        opened.Add(backend);
        return backend;
    }

    private static ProxyReport Apply(IptablesBackend backend, ProxyState state) => Apply(backend, new ProxyChange([.. state.Claims.Keys.Union(State(12).Claims.Keys)]), state);

    private static ProxyReport Apply(IptablesBackend backend, ProxyChange change, ProxyState state) => backend.ApplyAsync(change, state, default).GetAwaiter().GetResult();

    private void Run(IptablesVariant variant, string command) => Tool.Run(ns, variant == Nft ? "iptables-nft" : "iptables-legacy", ["-w", .. command.Split(' ')]);

    private static CaseLab Lab(CaseNetwork network, IptablesVariant variant) =>
        new(network, new CaseSettings(CaseDetector.Bridge, MasqueradeAll: false, CaseNodePorts.AllAddresses), ProxyMode.Iptables, variant);

    private static ProxyState Served(CaseNetwork network, CaseEndpoints endpoints, int affinitySeconds = 10800) =>
        network.State(network.Service(TransportProtocol.Tcp) with { AffinitySeconds = affinitySeconds, Endpoints = [.. network.Endpoints(endpoints)], HasEndpointsAnywhere = true });

    private static string Answer(CaseLab lab, CaseTarget target = CaseTarget.ClusterIP)
    {
        var address = lab.Network.Of(target);
        return lab[CaseClient.LocalPod].AskTcp(address.Address, address.Port).Split(' ')[0];
    }

    // A host that is up to no good: it sends packets for 127.0.0.1 to the node.
    private static void OpenLoopbackTo(Host host, IPAddress node)
    {
        host.Namespace.Run(() => Sysctl.Write("net.ipv4.conf.all.route_localnet", "1"));
        Tool.Run(host.Namespace, "ip", "address", "flush", "dev", "lo");
        Tool.Run(host.Namespace, "ip", "route", "add", "127.0.0.0/8", "via", node.ToString(), "dev", "eth0");
    }

    private static PackedAddress Address(string text) => PackedAddress.From(IPAddress.Parse(text));

    private static ProxyState State(int services) => ServiceStep.StateOf(Enumerable.Range(0, services).Select(i => new ServicePortState
    {
        Name = new("default", $"s{i}", "http"),
        ClusterIP = Address($"10.0.0.{i + 1}"),
        Protocol = TransportProtocol.Tcp,
        Port = 80,
        NodePort = (ushort)(i % 3 == 0 ? 30000 + i : 0),
        Endpoints = i == 1 ? [] : [.. Enumerable.Range(1, 3).Select(e => new ProxyEndpoint(new(Address($"10.1.{i}.{e}"), 8080), IsRemote: e > 1))],
        HasEndpointsAnywhere = i != 1,
    }).ToImmutableDictionary(p => p.Name));

    // The order of rules counts, but not of those of different Services in a chain that they share. Built-in chains may be there empty.
    private static List<string> Contents(IptablesVariant variant, NetNamespace where, IPFamily family = IPFamily.IPv4)
    {
        var program = (family == IPFamily.IPv4 ? "iptables" : "ip6tables") + (variant == Nft ? "-nft-save" : "-legacy-save");
        var lines = new List<string>();
        var table = "";
        foreach (var line in Tool.Run(where, program).Split('\n'))
        {
            if (line.StartsWith('*'))
                table = line;
            else if (line.StartsWith(':') && line.Contains(" - ", StringComparison.Ordinal))
                lines.Add($"{table} {line.Split(' ')[0]}");
            else if (line.StartsWith("-A ", StringComparison.Ordinal))
                lines.Add($"{table} {line}{(IsOrdered(line) ? $" after {Previous(lines, table, line)}" : "")}");
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static bool IsOrdered(string rule) => !ChainNames.OfLines.Any(c => c.Name == rule.Split(' ')[1]) || rule.Contains("must be the last rule", StringComparison.Ordinal);

    private static int Previous(List<string> lines, string table, string rule) => lines.Count(l => l.StartsWith($"{table} -A {rule.Split(' ')[1]} ", StringComparison.Ordinal));
}
