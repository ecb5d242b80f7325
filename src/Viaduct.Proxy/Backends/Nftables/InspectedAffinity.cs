using System.Collections.Immutable;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>What the kernel has of a Service port's session affinity.</summary>
/// <param name="Clients">How many it remembers.</param>
/// <param name="Endpoints">Those that clients may stay with.</param>
/// <param name="LocalEndpoints">The same for clients from elsewhere under externalTrafficPolicy Local.</param>
public sealed record InspectedAffinity(int Clients, ImmutableArray<EndpointAddress> Endpoints, ImmutableArray<EndpointAddress> LocalEndpoints)
{
    internal static InspectedAffinity Read(NftClient nft, NftTable table, IPFamily family, TransportProtocol protocol, uint number, bool hasLocal) => new(
        CountClients(nft, table, family, protocol, number),
        ReadEndpoints(nft, table, family, protocol, number, isLocal: false),
        hasLocal ? ReadEndpoints(nft, table, family, protocol, number, isLocal: true) : []);

    // The key is client . protocol . number.
    private static int CountClients(NftClient nft, NftTable table, IPFamily family, TransportProtocol protocol, uint number)
    {
        var count = 0;
        nft.ReadElements(table, TableSets.Name(TableSet.Affinity), () => count = 0, (in element) =>
        {
            var service = element.Key[TableKeys.AddressLength(family)..];
            if (service[0] == (byte)protocol && TableKeys.ReadAffinityId(service) == number)
                count++;
        });
        return count;
    }

    private static ImmutableArray<EndpointAddress> ReadEndpoints(NftClient nft, NftTable table, IPFamily family, TransportProtocol protocol, uint number, bool isLocal)
    {
        var found = new SortedSet<EndpointAddress>();
        nft.ReadElements(table, TableSets.Name(isLocal ? TableSet.LocalAffinityEndpoints : TableSet.AffinityEndpoints), found.Clear, (in element) =>
        {
            var target = TableKeys.ReadAffinityTarget(element.Key, family, isLocal);
            if (target.Protocol == protocol && target.Id == number)
                found.Add(target.Target);
        });
        return [.. found];
    }
}
