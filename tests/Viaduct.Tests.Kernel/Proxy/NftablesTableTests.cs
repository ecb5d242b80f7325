using System.Collections.Immutable;
using System.Net;
using CsCheck;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Proxy;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>The kernel's table after changes, faults and edits, without packets.</summary>
public sealed class NftablesTableTests : IDisposable
{
    private readonly NetNamespace ns = NetNamespace.Create();
    private readonly List<IDisposable> opened = [];

    public void Dispose()
    {
        opened.ForEach(o => o.Dispose());
        ns.Dispose();
    }

    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public void Changes_step_by_step_leave_in_the_kernel_what_a_fresh_write_makes(IPFamily family) =>
        ServiceStep.Gen(family).Array[1, 15].Sample(
            steps =>
            {
                using var other = NetNamespace.Create();
                var backend = Backend(family, ns);
                var state = ProxyState.Empty;
                foreach (var step in steps)
                {
                    (state, var change) = step.Do(state);
                    Apply(backend, change, state);
                }

                Apply(Backend(family, other), state);
                Assert.Equal(TableContents.Of(family, other), TableContents.Of(family, ns));
                Assert.Equal(0, Apply(Backend(family, ns), state).Elements);
                Tool.Run(ns, "nft", "list ruleset");
            },
            iter: 15, threads: 1);

    [Fact]
    public void A_service_that_the_kernel_refuses_is_left_out_and_named_and_tried_again_when_it_changes()
    {
        var many = State(IPFamily.IPv4, 40);
        var open = many.Ports.Values.First() with { NodePort = 30000 };
        var good = ServiceStep.StateOf(many.Ports.SetItem(open.Name, open));
        // An IPv6 address is no key of an IPv4 map. Its node port is another's, too, which then has it although its name comes later.
        var bad = open with { Name = new("default", "bad", ""), ClusterIP = PackedAddress.From(IPAddress.Parse("fd00::1")) };
        var state = ServiceStep.StateOf(good.Ports.SetItem(bad.Name, bad));
        var backend = Backend(IPFamily.IPv4, ns);
        var report = Apply(backend, state);
        Assert.Equal(new ServiceName("default", "bad"), Assert.Single(report.Refused).Service);
        Assert.Equal([bad.Name], report.RefusedPorts);
        using (var other = NetNamespace.Create())
        {
            Apply(Backend(IPFamily.IPv4, other), good);
            Assert.Equal(TableContents.Of(IPFamily.IPv4, other), TableContents.Of(IPFamily.IPv4, ns));
        }

        var mended = ServiceStep.StateOf(state.Ports.SetItem(bad.Name, bad with { ClusterIP = PackedAddress.From(IPAddress.Parse("10.9.9.9")) }));
        Assert.Empty(Apply(backend, mended).Refused);
        Assert.Equal(0, Apply(Backend(IPFamily.IPv4, ns), mended).Elements);
    }

    [Theory]
    [InlineData("flush chain ip viaduct services")]
    [InlineData("add rule ip viaduct prerouting drop")]
    [InlineData("add chain ip viaduct mine { type filter hook input priority 0; }")]
    [InlineData("flush map ip viaduct service")]
    [InlineData("flush set ip viaduct cluster-ips")]
    [InlineData("delete table ip viaduct")]
    public async Task A_foreign_edit_is_noticed_and_repaired(string edit)
    {
        var state = State(IPFamily.IPv4, 5);
        var backend = Backend(IPFamily.IPv4, ns);
        Apply(backend, state);
        var wait = backend.WaitForForeignEditAsync(TestContext.Current.CancellationToken);
        Tool.Run(ns, "nft", edit);
        await wait.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var report = await backend.ApplyAsync(new ProxyChange([]), state, TestContext.Current.CancellationToken);
        Assert.True(report.IsFull && report.Transactions > 0);
        Assert.Equal(0, Apply(Backend(IPFamily.IPv4, ns), state).Transactions);
    }

    [Fact]
    public async Task Own_changes_and_other_tables_are_no_foreign_edits()
    {
        var backend = Backend(IPFamily.IPv4, ns);
        Apply(backend, State(IPFamily.IPv4, 2000));
        using var stop = new CancellationTokenSource();
        var wait = backend.WaitForForeignEditAsync(stop.Token);
        Apply(backend, State(IPFamily.IPv4, 3));
        Tool.Run(ns, "nft", "add table ip other");
        Tool.Run(ns, "nft", "delete table ip other");
        Tool.Run(ns, "nft", "add element ip viaduct cluster-ips { 10.200.0.1 }");
        await wait.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.True(await backend.ApplyAsync(new ProxyChange([]), State(IPFamily.IPv4, 3), TestContext.Current.CancellationToken) is { IsFull: true, Elements: 1 });
    }

    [Fact]
    public void Ranges_side_by_side_are_kept_apart_and_found_again()
    {
        var state = State(IPFamily.IPv4, 1) with { ServiceCidrs = [IPNetwork.Parse("10.96.0.0/24"), IPNetwork.Parse("10.96.1.0/24"), IPNetwork.Parse("255.255.255.0/24")] };
        Apply(Backend(IPFamily.IPv4, ns), state);
        Assert.Contains("10.96.1.0/24", Tool.Run(ns, "nft", "list set ip viaduct service-cidrs"), StringComparison.Ordinal);
        Assert.Equal(0, Apply(Backend(IPFamily.IPv4, ns), state).Transactions);
    }

    [Fact]
    public void Chains_sets_and_rules_are_as_many_for_ten_services_as_for_a_thousand()
    {
        var backend = Backend(IPFamily.IPv4, ns);
        Apply(backend, State(IPFamily.IPv4, 10));
        var few = Size();
        Apply(backend, State(IPFamily.IPv4, 1000));
        Assert.Equal(few, Size());
    }

    [Fact]
    public void This_kernel_lacks_nothing()
    {
        Assert.Empty(ns.Run(() => NftablesBackend.FindMissingFeatures(IPFamily.IPv4)));
        Assert.Empty(ns.Run(() => NftablesBackend.FindMissingFeatures(IPFamily.IPv6)));
    }

    [Fact]
    public void The_inspector_tells_what_the_kernel_has()
    {
        var state = State(IPFamily.IPv4, 2);
        Apply(Backend(IPFamily.IPv4, ns), state);
        var port = state.Ports.Values.First();
        using var nft = NftClient.In(ns);
        var found = Assert.Single(NftablesInspector.Read(nft, IPFamily.IPv4, [port.Frontends.First().Frontend]));
        Assert.Equal((port.Name.ToString(), "goto fan-out-2"), (found.Owner, found.Verdict));
        Assert.Equal(port.Endpoints.Select(e => (EndpointAddress?)e.Target), found.Endpoints);
        Assert.Equal(["cluster-ips"], found.Sets);
        Assert.Equal(0ul, found.Counter!.Packets);
    }

    private (int, int, int) Size()
    {
        using var nft = NftClient.In(ns);
        var table = new NftTable(NftFamily.IPv4, "viaduct");
        return (nft.ListSets(table).Count, nft.ListChains(table).Count, nft.ListRules(table).Count);
    }

    private static BackendOptions Options(IPFamily family) => new()
    {
        Family = family,
        LocalDetector = new LocalDetector.Bridge("cni0"),
        NodePortNetworks = [IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("fd01::/16")],
    };

    private NftablesBackend Backend(IPFamily family, NetNamespace where) =>
        new(Own(NftClient.In(where)), Options(family), Own(NftMonitor.In(where)));

    private T Own<T>(T disposable)
        where T : IDisposable
    {
        opened.Add(disposable);
        return disposable;
    }

    private static ProxyReport Apply(NftablesBackend backend, ProxyState state) => Apply(backend, new ProxyChange([.. state.Claims.Keys]), state, alsoGone: true);

    private static ProxyReport Apply(NftablesBackend backend, ProxyChange change, ProxyState state, bool alsoGone = false) =>
        backend.ApplyAsync(alsoGone ? new ProxyChange([.. change.Frontends.Union(Everything.Claims.Keys)]) : change, state, default).Result;

    private static readonly ProxyState Everything = State(IPFamily.IPv4, 2000);

    private static ProxyState State(IPFamily family, int services) => ServiceStep.StateOf(Enumerable.Range(0, services).Select(i => new ServicePortState
    {
        Name = new("default", $"s{i}", "http"),
        ClusterIP = PackedAddress.From(IPAddress.Parse(family == IPFamily.IPv4 ? $"10.0.{i / 250}.{(i % 250) + 1}" : $"fd00::{i + 1:x}")),
        Protocol = TransportProtocol.Tcp,
        Port = 80,
        Endpoints = [.. Enumerable.Range(1, 2).Select(e => new ProxyEndpoint(new(PackedAddress.From(IPAddress.Parse(family == IPFamily.IPv4 ? $"10.1.{i % 250}.{e}" : $"fd01::{e}")), 8080), false))],
        HasEndpointsAnywhere = true,
    }).ToImmutableDictionary(p => p.Name));
}
