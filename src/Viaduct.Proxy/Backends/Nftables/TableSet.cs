namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>The sets and maps of the table; <see cref="TableLayout"/> has their names and types.</summary>
internal enum TableSet : byte
{
    Service,
    NodePort,
    OffNodeService,
    OffNodeNodePort,
    Endpoints,
    NodePortEndpoints,
    ClusterIPs,
    External,
    ExternalLocal,
    NodePorts,
    NodePortsLocal,
    Hairpin,
    NodePortAddresses,
    ServiceCidrs,
    Firewalled,
    SourceRanges,
    AffinityIds,
    NodePortAffinityIds,
    Affinity,
    AffinityEndpoints,
    LocalAffinityEndpoints,
}
