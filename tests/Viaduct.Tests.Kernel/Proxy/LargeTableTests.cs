using System.Collections.Immutable;
using System.Net;
using System.Text.RegularExpressions;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Proxy;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>What nft(8) shows of a node with thousands of Services: docs/guide/nft-list.md.</summary>
public partial class LargeTableTests
{
    private const int Endpoints = 10;

    [Fact]
    public void Nft_lists_five_thousand_services_in_as_many_chains_rules_sets_and_maps_as_ten()
    {
        using var ns = NetNamespace.Create();
        using var backend = new NftablesBackend(NftClient.In(ns), new BackendOptions { Family = IPFamily.IPv4, LocalDetector = new LocalDetector.Bridge("cni0") });
        Apply(backend, 10);
        var few = Tool.Run(ns, "nft", "list table ip viaduct");
        Apply(backend, 5000);
        var many = Tool.Run(ns, "nft", "list table ip viaduct");

        Assert.Equal(Objects(few), Objects(many));
        Assert.Equal((10, 5000), (Verdicts().Count(few), Verdicts().Count(many)));
        Assert.Equal((10 * Endpoints, 5000 * Endpoints), (Slots().Count(few), Slots().Count(many)));
    }

    // All that is not an element: what begins a line, without what elements begin with.
    private static string[] Objects(string listing) => [.. ElementLists().Replace(listing, "").Split('\n')];

    private static void Apply(NftablesBackend backend, int services)
    {
        var state = ServiceStep.StateOf(Enumerable.Range(0, services).Select(Port).ToImmutableDictionary(p => p.Name));
        backend.ApplyAsync(new ProxyChange([.. state.Claims.Keys]), state, TestContext.Current.CancellationToken).GetAwaiter().GetResult();
    }

    private static ServicePortState Port(int index) => new()
    {
        Name = new("default", $"service-{index}", "http"),
        ClusterIP = Address(10, 64, index),
        Protocol = TransportProtocol.Tcp,
        Port = 80,
        HasEndpointsAnywhere = true,
        Endpoints = [.. Enumerable.Range(0, Endpoints).Select(e => new ProxyEndpoint(new(Address(10, 128, (index * Endpoints) + e), 8080), IsRemote: true))],
    };

    private static PackedAddress Address(byte first, byte second, int number) => PackedAddress.From(new IPAddress([first, second, (byte)(number >> 8), (byte)number]));

    [GeneratedRegex(@"elements = \{[^}]*\}")]
    private static partial Regex ElementLists();

    [GeneratedRegex(@": goto fan-out-10\b")]
    private static partial Regex Verdicts();

    [GeneratedRegex(@": 10\.128\.\d+\.\d+ \. 8080\b")]
    private static partial Regex Slots();
}
