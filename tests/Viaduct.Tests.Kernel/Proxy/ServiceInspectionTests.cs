using System.Collections.Immutable;
using System.Net;
using CsCheck;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Proxy;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>What <c>viaduct service</c> tells of a real table.</summary>
public class ServiceInspectionTests
{
    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public void Whatever_was_written_is_found_equal(IPFamily family) =>
        ServiceStep.Gen(family).Array[1, 20].Sample(
            steps =>
            {
                using var ns = NetNamespace.Create();
                var state = Write(ns, family, steps);
                using var nft = NftClient.In(ns);
                var reports = state.Ports.Keys.Select(p => p.Service).Distinct().Select(s => Report(nft, family, state, s));
                Assert.All(reports, r => Assert.Empty(r.Ports.SelectMany(p => p.Frontends).SelectMany(f => f.Differences)));
            },
            iter: 10);

    [Fact]
    public void A_verdict_that_somebody_deleted_is_told()
    {
        using var ns = NetNamespace.Create();
        var (table, port) = (new NftTable(NftFamily.IPv4, "viaduct"), Port());
        var state = Write(ns, IPFamily.IPv4, ServiceStep.StateOf(ImmutableDictionary<ServicePortName, ServicePortState>.Empty.Add(port.Name, port)));
        using var nft = NftClient.In(ns);
        nft.Commit(new NftBatch().DeleteElements(table, "service", [new NftElement(nft.ListElements(table, "service")[0].Key)]));

        var frontend = Report(nft, IPFamily.IPv4, state, port.Name.Service).Ports[0].Frontends[0];

        Assert.Equal(
            ["the verdict is refused in the kernel, but should be goto fan-out-1", "the owner is nobody in the kernel, but should be default/web"],
            frontend.Differences);
    }

    [Fact]
    public void Source_ranges_affinity_and_hairpin_that_somebody_edited_are_told()
    {
        using var ns = NetNamespace.Create();
        var (table, port) = (new NftTable(NftFamily.IPv4, "viaduct"), Port() with
        {
            AffinitySeconds = 60, LoadBalancerIPs = [PackedAddress.From(IPAddress.Parse("198.51.100.8"))], SourceRanges = [IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("192.0.2.0/25")],
        });
        var state = Write(ns, IPFamily.IPv4, ServiceStep.StateOf(ImmutableDictionary<ServicePortName, ServicePortState>.Empty.Add(port.Name, port)));
        using var nft = NftClient.In(ns);
        var before = Report(nft, IPFamily.IPv4, state, port.Name.Service);
        Assert.True(before.IsEqual);
        Assert.Equal((0, 2), (before.Ports[0].Frontends[1].AffinityClients, before.Ports[0].Frontends[1].Kernel!.SourceRanges.Count));
        foreach (var edit in (string[])
            [
                "delete element ip viaduct source-ranges { 198.51.100.8 . tcp . 80 . 192.0.2.0/25 }",
                "add element ip viaduct source-ranges { 198.51.100.8 . tcp . 80 . 192.0.2.0/24 }",
                "flush set ip viaduct hairpin",
                "flush set ip viaduct affinity-endpoints",
                "add element ip viaduct affinity { 10.9.0.1 . tcp . 1 timeout 60s : tcp . 1 . 10.1.0.1 . 8080, 10.9.0.2 . tcp . 1 timeout 60s : tcp . 1 . 10.1.0.1 . 8080, 10.9.0.2 . tcp . 2 timeout 60s : tcp . 2 . 10.1.0.1 . 8080 }",
            ])
            Tool.Run(ns, "nft", edit);

        var frontends = Report(nft, IPFamily.IPv4, state, port.Name.Service).Ports[0].Frontends;

        Assert.Equal(2, frontends[0].AffinityClients);
        Assert.Equal(
            [
                "clients do not stay with endpoint 10.1.0.1:8080: it is not in the kernel's set affinity-endpoints",
                "a pod that reaches itself at 10.1.0.1:8080 gets no answer: it is not in the kernel's set hairpin",
            ],
            frontends[0].Differences);
        Assert.Equal(["clients from 192.0.2.0/25 are dropped by the kernel, but may use it", "clients from 192.0.2.0/24 pass in the kernel, but may not use it"], frontends[1].Differences.Take(2));
    }

    private static ServicePortState Port() => new()
    {
        Name = new("default", "web", ""),
        ClusterIP = PackedAddress.From(IPAddress.Parse("10.0.0.1")),
        Protocol = TransportProtocol.Tcp,
        Port = 80,
        HasEndpointsAnywhere = true,
        Endpoints = [new ProxyEndpoint(new(PackedAddress.From(IPAddress.Parse("10.1.0.1")), 8080), false)],
    };

    private static ProxyState Write(NetNamespace ns, IPFamily family, ServiceStep[] steps) =>
        Write(ns, family, steps.Aggregate(ProxyState.Empty, (state, step) => step.Do(state).Item1));

    private static ProxyState Write(NetNamespace ns, IPFamily family, ProxyState state)
    {
        using var backend = new NftablesBackend(NftClient.In(ns), new BackendOptions { Family = family });
        backend.ApplyAsync(new ProxyChange([.. state.Claims.Keys]), state, default).GetAwaiter().GetResult();
        return state;
    }

    private static ServiceReport Report(NftClient nft, IPFamily family, ProxyState state, ServiceName service) => ServiceInspection.Report(
        "node-1", service, new Dictionary<IPFamily, ProxyState> { [family] = state }, (f, frontends) => NftablesInspector.Read(nft, f, frontends));
}
