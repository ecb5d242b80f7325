using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Proxy;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>The backends of both families in one namespace, at work at the same time.</summary>
public sealed class DualStackTests : IDisposable
{
    private const int NetlinkNetfilter = 12, GetTable = 1;
    private static readonly IPFamily[] Families = [IPFamily.IPv4, IPFamily.IPv6];
    // Enough for several large transactions of each family.
    private static readonly Dictionary<IPFamily, ProxyState> Many = Families.ToDictionary(f => f, f => State(f, 2500));
    private static readonly Dictionary<IPFamily, ProxyState> Few = Families.ToDictionary(f => f, f => State(f, 2));

    private readonly NetNamespace ns = NetNamespace.Create();
    private readonly List<Running> running = [];
    private OwnCommits commits = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Stop();
        ns.Dispose();
    }

    [Fact]
    public async Task What_one_family_writes_is_no_foreign_edit_to_the_other_and_each_table_is_read_once()
    {
        foreach (var states in (Dictionary<IPFamily, ProxyState>[])[Many, Many, Few])
        {
            Start();
            await ApplyAsync(states);
            await ApplyAsync(Few);
            await ApplyAsync(Few);
            Assert.All(running, r => Assert.Equal(1, r.Transport.CountOf(GetTable)));
            Assert.All(running, r => Assert.False(r.Wait.IsCompleted));
            Stop();
        }
    }

    [Fact]
    public async Task A_foreign_edit_while_both_write_is_repaired_by_its_family()
    {
        Start();
        await ApplyAsync(Few);
        using var stop = new CancellationTokenSource();
        var edits = Task.Run(() => EditUntil(stop.Token), Cancellation);
        await ApplyAsync(Many);
        await stop.CancelAsync();
        await edits;
        await Task.WhenAny(running.Select(r => r.Wait)).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        await ApplyAsync(Many);
        Stop();
        Start();
        Assert.All(await ApplyAsync(Many), r => Assert.Equal(0, r.Elements));
    }

    // Two families that do not know of each other read after the other's commit, again and again.
    [Fact]
    public async Task What_one_family_of_userspace_mode_writes_is_no_foreign_edit_to_the_other()
    {
        var backends = Families.ToDictionary(f => f, f => ns.Run(() => ProxyBackends.Open(ProxyMode.Userspace, new BackendOptions { Family = f }, NullLogger.Instance, commits)));
        try
        {
            // Ports without endpoints need no listeners: what counts is the size of the transaction.
            var states = Families.ToDictionary(f => f, f => ServiceStep.StateOf(Many[f].Ports.ToImmutableDictionary(p => p.Key, p => p.Value with { Endpoints = [], HasEndpointsAnywhere = false })));
            var waits = Families.ToDictionary(f => f, f => backends[f].WaitForForeignEditAsync(Cancellation));
            foreach (var first in Families)
                await ApplyAsync(first, states[first]);
            foreach (var first in Families)
                Assert.False((await ApplyAsync(first, states[first])).IsFull, $"{first} read its table again.");
            Assert.All(waits.Values, w => Assert.False(w.IsCompleted));
        }
        finally
        {
            foreach (var backend in backends.Values)
                backend.Dispose();
        }

        Task<ProxyReport> ApplyAsync(IPFamily family, ProxyState state) => backends[family].ApplyAsync(new ProxyChange([.. state.Claims.Keys]), state, Cancellation);
    }

    // An address that no Service has.
    private void EditUntil(CancellationToken stop)
    {
        do
        {
            Tool.Run(ns, "nft", "add element ip viaduct cluster-ips { 10.200.0.1 }; delete element ip viaduct cluster-ips { 10.200.0.1 }");
            Tool.Run(ns, "nft", "add element ip viaduct cluster-ips { 10.200.0.1 }");
        }
        while (!stop.IsCancellationRequested);
    }

    private void Start() => running.AddRange(Families.Select(Open));

    private Running Open(IPFamily family)
    {
        var (transport, monitor) = ns.Run(() => (new CountingTransport(new NetlinkSocket(NetlinkNetfilter)), new NftMonitor()));
        var (backend, stop) = (new NftablesBackend(new NftClient(transport), new BackendOptions { Family = family }, monitor, commits), new CancellationTokenSource());
        return new(family, backend, transport, backend.WaitForForeignEditAsync(stop.Token), stop);
    }

    private Task<ProxyReport[]> ApplyAsync(Dictionary<IPFamily, ProxyState> states) => Task.WhenAll(running.Select(r => Task.Run(
        () => r.Backend.ApplyAsync(new ProxyChange([.. Many[r.Family].Claims.Keys]), states[r.Family], Cancellation), Cancellation)));

    private void Stop()
    {
        foreach (var one in running)
        {
            one.Stop.Cancel();
            one.Wait.ContinueWith(_ => { }, TaskScheduler.Default).Wait(Cancellation);
            one.Backend.Dispose();
        }

        running.Clear();
        commits = new();
    }

    private static ProxyState State(IPFamily family, int services) => ServiceStep.StateOf(Enumerable.Range(0, services).Select(i => new ServicePortState
    {
        Name = new("default", $"s{i}", "http"),
        ClusterIP = PackedAddress.From(IPAddress.Parse(family == IPFamily.IPv4 ? $"10.0.{i / 250}.{(i % 250) + 1}" : $"fd00::{i + 1:x}")),
        Protocol = TransportProtocol.Tcp,
        Port = 80,
        Endpoints = [.. Enumerable.Range(1, 4).Select(e => new ProxyEndpoint(new(PackedAddress.From(IPAddress.Parse(family == IPFamily.IPv4 ? $"10.{e}.{i / 250}.{i % 250}" : $"fd01::{e}:{i:x}")), 8080), false))],
        HasEndpointsAnywhere = true,
    }).ToImmutableDictionary(p => p.Name));

    private sealed record Running(IPFamily Family, NftablesBackend Backend, CountingTransport Transport, Task Wait, CancellationTokenSource Stop);
}
