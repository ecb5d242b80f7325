using System.Net;
using Viaduct.Proxy;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Proxy.Cases;

/// <summary>Who connects to what, and what must come of it. Held against the tracer and, by the kernel tests, against real packets.</summary>
internal sealed record ServiceCase
{
    public required CaseClient Client { get; init; }

    public required CaseTarget Target { get; init; }

    public required CaseResult Result { get; init; }

    /// <summary>Whether the endpoint sees an address of the node instead of the client's; null where nothing arrives.</summary>
    public bool? Masqueraded { get; init; }

    public CaseDetector Detector { get; init; } = CaseDetector.Bridge;

    public bool MasqueradeAll { get; init; }

    public CaseNodePorts NodePorts { get; init; }

    public bool InternalLocal { get; init; }

    public bool ExternalLocal { get; init; }

    public CaseEndpoints Endpoints { get; init; } = CaseEndpoints.Both;

    public CaseRange Range { get; init; }

    /// <summary>The settings that a backend has for its whole life.</summary>
    public CaseSettings Settings => new(Detector, MasqueradeAll, NodePorts);

    public bool IsFor(IPFamily family) => family == IPFamily.IPv4 || NodePorts != CaseNodePorts.Loopback;

    public override string ToString() =>
        $"{Client} to {Target}: {Result}{(Masqueraded is { } masqueraded ? masqueraded ? " masqueraded" : " with its own address" : "")}"
        + $" ({Endpoints} endpoints{(InternalLocal ? ", internal Local" : "")}{(ExternalLocal ? ", external Local" : "")}"
        + $"{(Range == CaseRange.None ? "" : $", source range {Range}")}, {Settings})";
}

/// <summary>What differs between backends of one family.</summary>
internal sealed record CaseSettings(CaseDetector Detector, bool MasqueradeAll, CaseNodePorts NodePorts)
{
    public BackendOptions Options(CaseNetwork network) => new()
    {
        Family = network.Family,
        MasqueradeAll = MasqueradeAll,
        LocalDetector = Detector switch
        {
            CaseDetector.ClusterCidr => new LocalDetector.Cidr(network.ClusterCidr),
            CaseDetector.OtherFamily => new LocalDetector.Cidr(new CaseNetwork(network.Family == IPFamily.IPv4 ? IPFamily.IPv6 : IPFamily.IPv4).ClusterCidr),
            CaseDetector.NodeCidr => new LocalDetector.Cidr(network.NodeCidr),
            CaseDetector.Bridge => new LocalDetector.Bridge(CaseNetwork.BridgeName),
            CaseDetector.Prefix => new LocalDetector.InterfacePrefix(CaseNetwork.BridgeName[..2]),
            _ => null,
        },
        NodePortNetworks = NodePorts switch
        {
            CaseNodePorts.FirstAddress => [new IPNetwork(network.Node, network.Bits)],
            CaseNodePorts.Loopback => [new IPNetwork(network.Node, network.Bits), IPNetwork.Parse("127.0.0.0/8")],
            _ => [],
        },
        LocalhostNodePorts = NodePorts == CaseNodePorts.Loopback,
    };

    public override string ToString() => $"detector {Detector}{(MasqueradeAll ? ", masquerade all" : "")}{(NodePorts == CaseNodePorts.AllAddresses ? "" : $", node ports on {NodePorts}")}";
}

internal enum CaseClient
{
    LocalPod,

    /// <summary>The local endpoint itself.</summary>
    LocalEndpoint,
    HostProcess,
    RemotePod,
    Outside,
}

internal enum CaseTarget
{
    ClusterIP,
    OtherPortOfClusterIP,
    UnusedServiceAddress,
    ExternalIP,
    LoadBalancerIP,
    NodePort,
    NodePortOnSecondAddress,
    NodePortOnLoopback,
}

internal enum CaseResult
{
    Both,
    Local,
    Remote,
    Refused,
    Dropped,

    /// <summary>The proxy does nothing: as if there were no Service.</summary>
    Untouched,
}

internal enum CaseDetector
{
    None,
    ClusterCidr,
    NodeCidr,
    Bridge,
    Prefix,

    /// <summary>By source address, but of the other family.</summary>
    OtherFamily,
}

internal enum CaseNodePorts
{
    AllAddresses,
    FirstAddress,
    Loopback,
}

internal enum CaseEndpoints
{
    None,
    Local,
    Remote,
    Both,
}

internal enum CaseRange
{
    None,
    OutsideOnly,
    Nobody,
}
