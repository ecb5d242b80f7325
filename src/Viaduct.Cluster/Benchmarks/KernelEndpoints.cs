using System.Net;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>What the kernel itself holds, read without the proxy.</summary>
internal static class KernelEndpoints
{
    private static readonly NftTable s_table = new(NftFamily.IPv4, "viaduct");

    /// <summary>The addresses of the map of endpoints, each element once.</summary>
    public static List<IPAddress> Read(NetNamespace inside)
    {
        using var nft = NftClient.In(inside);
        var addresses = new List<IPAddress>();
        nft.ReadElements(s_table, "endpoints", addresses.Clear, (in NftElementView element) => addresses.Add(new IPAddress(element.Value[..4])));
        return addresses;
    }
}
