using System.Net;
using Viaduct.Linux.Ipvs;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Backends;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>How the kernel is asked what a mode made of a change.</summary>
internal sealed class ModeUnderTest(ProxyMode mode, NetNamespace inside, TimeSpan patience) : IDisposable
{
    private readonly LegacyTable? _table = mode == ProxyMode.Iptables && !HasNftChains(inside) ? new(inside, "nat") : null;
    private readonly IpvsClient? _ipvs = mode == ProxyMode.Ipvs ? IpvsClient.In(inside) : null;

    /// <summary>As people call it: iptables has two variants.</summary>
    public string Name => mode != ProxyMode.Iptables ? mode.Name() : _table is null ? "iptables-nft" : "iptables-legacy";

    /// <summary>
    /// Whether an endpoint is removed and another added, in turns, instead of replaced: the kernel tells of iptables-legacy's table only how many rules it has.
    /// </summary>
    public bool Resizes => _table is not null;

    /// <summary>Whether the kernel can be asked for all endpoints.</summary>
    public bool HasMapOfEndpoints => mode == ProxyMode.Nftables;

    /// <param name="clusterIP">A Service's address.</param>
    public IKernelCommits Commits(Func<int, IPAddress> clusterIP)
    {
        if (_table is { } table)
            return new PolledCommits(_ => table.CountEntries(), TimeSpan.FromMilliseconds(1), patience);
        if (_ipvs is { } ipvs)
            return new PolledCommits(i => Digest(ipvs.ListDestinations(VirtualServiceKey.On(6, clusterIP(i), 80))), TimeSpan.FromTicks(TimeSpan.TicksPerMillisecond / 10), patience);
        return new KernelCommits(inside);
    }

    /// <summary>A program of iptables that writes the same as the proxy for one change; null in other modes.</summary>
    public BareRestore? Floor() => mode == ProxyMode.Iptables ? new(inside, Name) : null;

    public void Dispose()
    {
        _table?.Dispose();
        _ipvs?.Dispose();
    }

    private static long Digest(IEnumerable<DestinationInfo> destinations)
    {
        var hash = new HashCode();
        foreach (var destination in destinations.Where(d => d.Weight > 0))
            hash.Add(destination.Address);
        return hash.ToHashCode();
    }

    private static bool HasNftChains(NetNamespace inside)
    {
        using var nft = NftClient.In(inside);
        return nft.ListChains(new NftTable(NftFamily.IPv4, "nat")).Any(c => c.Name == "KUBE-SERVICES");
    }
}
