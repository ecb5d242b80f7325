using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Names, types and comments of the table's sets and maps: <c>nft list table ip viaduct</c> explains itself.</summary>
internal static class TableSets
{
    // What a node remembers of clients at most; when it is full, new clients are spread without affinity.
    private const uint AffinitySize = 131_072;

    /// <summary>The plain sets of frontends.</summary>
    public static IReadOnlyList<(Membership Membership, TableSet Set)> Memberships { get; } =
    [
        (Membership.External, TableSet.External), (Membership.ExternalLocal, TableSet.ExternalLocal), (Membership.NodePort, TableSet.NodePorts),
        (Membership.NodePortLocal, TableSet.NodePortsLocal), (Membership.Firewalled, TableSet.Firewalled),
    ];

    public static TableSet Verdicts(Frontend frontend) => frontend.IsNodePort ? TableSet.NodePort : TableSet.Service;

    public static TableSet OffNodeVerdicts(Frontend frontend) => frontend.IsNodePort ? TableSet.OffNodeNodePort : TableSet.OffNodeService;

    public static TableSet EndpointsOf(Frontend frontend) => frontend.IsNodePort ? TableSet.NodePortEndpoints : TableSet.Endpoints;

    public static TableSet AffinityIdsOf(Frontend frontend) => frontend.IsNodePort ? TableSet.NodePortAffinityIds : TableSet.AffinityIds;

    public static string Name(TableSet set) => set switch
    {
        TableSet.Service => "service",
        TableSet.NodePort => "nodeport",
        TableSet.OffNodeService => "off-node-service",
        TableSet.OffNodeNodePort => "off-node-nodeport",
        TableSet.Endpoints => "endpoints",
        TableSet.NodePortEndpoints => "nodeport-endpoints",
        TableSet.ClusterIPs => "cluster-ips",
        TableSet.External => "external",
        TableSet.ExternalLocal => "external-local",
        TableSet.NodePorts => "nodeports",
        TableSet.NodePortsLocal => "nodeports-local",
        TableSet.Hairpin => "hairpin",
        TableSet.NodePortAddresses => "nodeport-addresses",
        TableSet.ServiceCidrs => "service-cidrs",
        TableSet.Firewalled => "firewalled",
        TableSet.SourceRanges => "source-ranges",
        TableSet.AffinityIds => "affinity-ids",
        TableSet.NodePortAffinityIds => "nodeport-affinity-ids",
        TableSet.Affinity => "affinity",
        TableSet.AffinityEndpoints => "affinity-endpoints",
        _ => "local-affinity-endpoints",
    };

    public static Dictionary<TableSet, NftSetSpec> Of(PacketFields fields, BackendOptions options)
    {
        var sets = All(fields).ToDictionary(s => s.Set, s => s.Spec with { Name = Name(s.Set) });
        if (options.NodePortNetworks.IsEmpty)
            sets.Remove(TableSet.NodePortAddresses);
        return sets;
    }

    private static IEnumerable<(TableSet Set, NftSetSpec Spec)> All(PacketFields fields)
    {
        var address = fields.AddressType;
        var (protocol, port, mark) = (NftType.InetProtocol, NftType.InetService, NftType.Mark);
        var frontend = NftType.Concatenate(address, protocol, port);
        var nodePort = NftType.Concatenate(protocol, port);
        var target = NftType.Concatenate(address, port);
        yield return Verdicts(TableSet.Service, frontend, "Service ports that have endpoints; each counts its connections");
        yield return Verdicts(TableSet.NodePort, nodePort, "node ports that have endpoints; each counts its connections");
        yield return Verdicts(TableSet.OffNodeService, frontend, "Service ports with externalTrafficPolicy Local, for clients from elsewhere");
        yield return Verdicts(TableSet.OffNodeNodePort, nodePort, "node ports with externalTrafficPolicy Local, for clients from elsewhere");
        yield return Map(TableSet.Endpoints, NftType.Concatenate(address, protocol, port, mark), target, "Service port and slot to endpoint; slots from 65536 on are for policy Local");
        yield return Map(TableSet.NodePortEndpoints, NftType.Concatenate(protocol, port, mark), target, "node port and slot to endpoint; slots from 65536 on are for policy Local");
        yield return Plain(TableSet.ClusterIPs, address, "cluster IPs of all Services");
        yield return Plain(TableSet.External, frontend, "external and load balancer addresses");
        yield return Plain(TableSet.ExternalLocal, frontend, "external and load balancer addresses with externalTrafficPolicy Local");
        yield return Plain(TableSet.NodePorts, nodePort, "node ports");
        yield return Plain(TableSet.NodePortsLocal, nodePort, "node ports with externalTrafficPolicy Local");
        yield return Plain(TableSet.Hairpin, NftType.Concatenate(address, address), "every endpoint that may run here, with itself");
        yield return Ranges(TableSet.NodePortAddresses, address, "addresses of this node on which node ports answer");
        yield return Ranges(TableSet.ServiceCidrs, address, "where cluster IPs come from; what no Service has is dropped");
        yield return Plain(TableSet.Firewalled, frontend, "load balancer addresses that only source-ranges may use");
        yield return Ranges(TableSet.SourceRanges, NftType.Concatenate(address, protocol, port, address), "load balancer address and who may use it");
        var number = NftType.Concatenate(protocol, mark);
        var entry = NftType.Concatenate(protocol, mark, address, port);
        yield return Map(TableSet.AffinityIds, frontend, number, "protocols and numbers of Service ports with session affinity");
        yield return Map(TableSet.NodePortAffinityIds, nodePort, number, "protocols and numbers of Service ports with session affinity");
        yield return Affinity(NftType.Concatenate(address, protocol, mark), entry);
        yield return Plain(TableSet.AffinityEndpoints, entry, "Service port and an endpoint that clients may stay with");
        yield return Plain(TableSet.LocalAffinityEndpoints, entry, "the same for clients from elsewhere with externalTrafficPolicy Local");
    }

    private static (TableSet, NftSetSpec) Affinity(NftType key, NftType entry) => (TableSet.Affinity, new NftSetSpec
    {
        Name = "",
        KeyType = key,
        DataType = entry,
        IsDynamic = true,
        HasTimeout = true,
        Size = AffinitySize,
        Comment = "client and Service port to the endpoint that it stays with; written by the affinity chains",
    });

    private static (TableSet, NftSetSpec) Verdicts(TableSet set, NftType key, string comment) =>
        (set, new NftSetSpec { Name = "", KeyType = key, DataType = NftType.Verdict, HasCounter = true, Comment = comment });

    private static (TableSet, NftSetSpec) Map(TableSet set, NftType key, NftType value, string comment) =>
        (set, new NftSetSpec { Name = "", KeyType = key, DataType = value, Comment = comment });

    private static (TableSet, NftSetSpec) Plain(TableSet set, NftType key, string comment) => (set, new NftSetSpec { Name = "", KeyType = key, Comment = comment });

    private static (TableSet, NftSetSpec) Ranges(TableSet set, NftType key, string comment) =>
        (set, new NftSetSpec { Name = "", KeyType = key, IsInterval = true, Comment = comment });
}
