using System.Net;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// The constant part of the table: sets, maps, chains and rules. Services are elements of the maps; their number changes
/// nothing here but the fan-out chains, one for each number of endpoints that occurs.
/// </summary>
/// <remarks>
/// A first packet's way: prerouting or output -> services -> (verdict map) -> fan-out-N -> DNAT. What is still addressed to a
/// cluster IP or a node port after that has no endpoints or no such port, and is refused at priority dstnat + 10. In
/// postrouting the source is translated where answers would miss this node otherwise.
/// </remarks>
/// <param name="podCidr">Addresses of all pods of the cluster.</param>
/// <param name="bridgeWithoutNetfilter">
/// The pods' bridge if it does not call iptables (the module br_netfilter is missing), otherwise null. What is answered on such a
/// bridge never passes this table; so a pod's connection to a Service whose endpoint is on the same bridge must get this node's address.
/// </param>
internal sealed class TableLayout(IPNetwork podCidr, string? bridgeWithoutNetfilter)
{
    public const string ServiceMap = "service", NodePortMap = "nodeport", EndpointMap = "endpoints", NodePortEndpointMap = "nodeport-endpoints";
    public const string ClusterIPSet = "cluster-ips", NodePortSet = "reserved-nodeports", HairpinSet = "hairpin";

    private const string Services = "services", Unserved = "unserved", Refuse = "refuse", Masquerade = "masquerade", Forward = "forward";

    // The bit that kube-proxy uses, too. It is set and read while one packet passes.
    private const uint StaysOnBridgeMark = 0x4000;

    // Refusing must come after destination NAT (a served packet is then no longer addressed to its Service), and before routing:
    // a node without a route to the Service range would answer "network unreachable" itself.
    private const int AfterDestinationNat = NftPriority.DestinationNat + 10;

    private static readonly NftRegister R = NftRegister.First;
    private static readonly NftData Loopback = NftData.Byte(127);

    public static NftTable Table { get; } = new(NftFamily.IPv4, "viaduct");

    public static IReadOnlyList<NftSetSpec> Sets { get; } =
    [
        new() { Name = ServiceMap, KeyType = AddressProtocolPort(), DataType = NftType.Verdict, Comment = "Service ports that have endpoints" },
        new() { Name = EndpointMap, KeyType = NftType.Concatenate(NftType.IPv4Address, NftType.InetProtocol, NftType.InetService, NftType.Mark), DataType = Target(), Comment = "Service port and slot to endpoint" },
        new() { Name = NodePortMap, KeyType = ProtocolPort(), DataType = NftType.Verdict, Comment = "node ports that have endpoints" },
        new() { Name = NodePortEndpointMap, KeyType = NftType.Concatenate(NftType.InetProtocol, NftType.InetService, NftType.Mark), DataType = Target(), Comment = "node port and slot to endpoint" },
        new() { Name = ClusterIPSet, KeyType = NftType.IPv4Address, Comment = "addresses of all Services" },
        new() { Name = NodePortSet, KeyType = ProtocolPort(), Comment = "all node ports" },
        new() { Name = HairpinSet, KeyType = NftType.Concatenate(NftType.IPv4Address, NftType.IPv4Address), Comment = "every endpoint with itself" },
    ];

    public IReadOnlyList<NftChainSpec> Chains { get; } =
    [
        .. bridgeWithoutNetfilter is null
            ? Array.Empty<NftChainSpec>()
            : [new() { Name = Forward, Hook = new(NftChainType.Filter, NftHookPoint.Forward, NftPriority.Filter, NftPolicy.Accept) }],
        new() { Name = Services },
        new() { Name = Refuse },
        new() { Name = Unserved },
        new() { Name = Masquerade },
        new() { Name = "prerouting", Hook = new(NftChainType.Nat, NftHookPoint.Prerouting, NftPriority.DestinationNat, NftPolicy.Accept) },
        new() { Name = "output", Hook = new(NftChainType.Nat, NftHookPoint.Output, NftPriority.DestinationNat, NftPolicy.Accept) },
        new() { Name = "prerouting-unserved", Hook = new(NftChainType.Filter, NftHookPoint.Prerouting, AfterDestinationNat, NftPolicy.Accept) },
        new() { Name = "output-unserved", Hook = new(NftChainType.Filter, NftHookPoint.Output, AfterDestinationNat, NftPolicy.Accept) },
        new() { Name = "postrouting", Hook = new(NftChainType.Nat, NftHookPoint.Postrouting, NftPriority.SourceNat, NftPolicy.Accept) },
    ];

    /// <summary>All rules but those of the fan-out chains.</summary>
    public IEnumerable<(string Chain, NftRuleSpec Rule)> Rules()
    {
        foreach (var chain in new[] { "prerouting", "output" })
            yield return (chain, new NftRuleSpec(Go(NftVerdict.Jump(Services))));
        yield return (Services, new NftRuleSpec([.. LoadService(), LookupExpression.VerdictMap(ServiceMap, R)]));
        yield return (Services, new NftRuleSpec([.. ToThisNode(), .. LoadProtocolPort(), LookupExpression.VerdictMap(NodePortMap, R)]));
        foreach (var chain in new[] { "prerouting-unserved", "output-unserved" })
            yield return (chain, new NftRuleSpec([.. IsNewAndNotTranslated(), Go(NftVerdict.Jump(Unserved))]));
        foreach (var rule in UnservedRules())
            yield return rule;
        if (bridgeWithoutNetfilter is not null)
            yield return (Forward, MarkWhatStaysOn(bridgeWithoutNetfilter));
        yield return ("postrouting", new NftRuleSpec([.. HasStatus(NftConntrackStatus.DestinationNat, NftCompare.NotEqual), Go(NftVerdict.Jump(Masquerade))]));
        foreach (var rule in MasqueradeRules())
            yield return (Masquerade, rule);
    }

    /// <summary>The rules of a fan-out chain: a random slot; and no endpoint must not mean no translation.</summary>
    public static IEnumerable<NftRuleSpec> FanOutRules(FanOut fanOut)
    {
        var load = fanOut.ForNodePorts ? LoadProtocolPort() : LoadService();
        var map = fanOut.ForNodePorts ? NodePortEndpointMap : EndpointMap;
        yield return new NftRuleSpec(
        [
            .. load,
            new NumgenExpression((uint)fanOut.Count, R.Plus(load.Length)),
            new LookupExpression(map, R) { Destination = R },
            new NatExpression(NftNatKind.Destination, NftFamily.IPv4, R, R.Plus(1)),
        ]);

        // A packet that read the verdict before a transaction and the endpoint after it may miss its slot. It must not leave
        // untranslated (conntrack would remember that); dropped, its sender tries again.
        yield return new NftRuleSpec(Go(NftVerdict.Drop));
    }

    private static IEnumerable<(string Chain, NftRuleSpec Rule)> UnservedRules()
    {
        yield return (Unserved, new NftRuleSpec(PayloadExpression.IPv4Destination(R), new LookupExpression(ClusterIPSet, R), Go(NftVerdict.Goto(Refuse))));
        yield return (Unserved, new NftRuleSpec([.. ToThisNode(), .. LoadProtocolPort(), new LookupExpression(NodePortSet, R), Go(NftVerdict.Goto(Refuse))]));
        yield return (Refuse, new NftRuleSpec(
            new MetaExpression(NftMetaKey.L4Protocol, R), new CompareExpression(NftCompare.Equal, R, NftData.Byte(6)), RejectExpression.TcpReset));
        yield return (Refuse, new NftRuleSpec(RejectExpression.IcmpPortUnreachable));
    }

    // Only connections whose destination was translated come here, and of those only the ones that were translated by this table match.
    private IEnumerable<NftRuleSpec> MasqueradeRules()
    {
        var masquerade = new MasqueradeExpression(NftNatFlags.FullyRandom);
        yield return new NftRuleSpec(PayloadExpression.IPv4Source(R), PayloadExpression.IPv4Destination(R.Plus(1)), new LookupExpression(HairpinSet, R), masquerade)
        {
            Comment = "a pod that reached itself",
        };
        if (bridgeWithoutNetfilter is not null)
            yield return new NftRuleSpec([.. IsMarked(), masquerade]) { Comment = "stays on a bridge that does not see answers" };
        NftExpression[] toClusterIP = [new ConntrackExpression(NftConntrackKey.DestinationIPv4, R, NftDirection.Original), new LookupExpression(ClusterIPSet, R)];
        yield return new NftRuleSpec([.. toClusterIP, .. IsFromPod(), Go(NftVerdict.Return)]);
        yield return new NftRuleSpec([.. toClusterIP, masquerade]) { Comment = "not from a pod" };
        yield return new NftRuleSpec(
            new MetaExpression(NftMetaKey.L4Protocol, R),
            new ConntrackExpression(NftConntrackKey.DestinationPort, R.Plus(1), NftDirection.Original),
            new LookupExpression(NodePortSet, R),
            masquerade)
        {
            Comment = "through a node port",
        };
    }

    private static NftRuleSpec MarkWhatStaysOn(string bridge)
    {
        var name = NftData.InterfaceName(bridge);
        return new NftRuleSpec(
        [
            .. HasStatus(NftConntrackStatus.DestinationNat, NftCompare.NotEqual),
            new MetaExpression(NftMetaKey.InputInterfaceName, R), new CompareExpression(NftCompare.Equal, R, name),
            new MetaExpression(NftMetaKey.OutputInterfaceName, R), new CompareExpression(NftCompare.Equal, R, name),
            new MetaExpression(NftMetaKey.Mark, R),
            new BitwiseExpression(R, R, NftData.Word(~StaysOnBridgeMark), NftData.Word(StaysOnBridgeMark)),
            new MetaExpression(NftMetaKey.Mark, R, IsSet: true),
        ]);
    }

    private static NftExpression[] IsMarked() =>
    [
        new MetaExpression(NftMetaKey.Mark, R),
        BitwiseExpression.And(R, NftData.Word(StaysOnBridgeMark)),
        new CompareExpression(NftCompare.NotEqual, R, NftData.Word(0)),
    ];

    private NftExpression[] IsFromPod()
    {
        var mask = new byte[4];
        for (var bit = 0; bit < podCidr.PrefixLength; bit++)
            mask[bit / 8] |= (byte)(0x80 >> (bit % 8));
        return
        [
            PayloadExpression.IPv4Source(R),
            BitwiseExpression.And(R, new NftData(mask)),
            new CompareExpression(NftCompare.Equal, R, NftData.Address(podCidr.BaseAddress)),
        ];
    }

    private static NftExpression[] LoadService() =>
        [PayloadExpression.IPv4Destination(R), new MetaExpression(NftMetaKey.L4Protocol, R.Plus(1)), PayloadExpression.DestinationPort(R.Plus(2))];

    private static NftExpression[] LoadProtocolPort() => [new MetaExpression(NftMetaKey.L4Protocol, R), PayloadExpression.DestinationPort(R.Plus(1))];

    private static NftExpression[] ToThisNode() =>
    [
        new FibExpression(false, R),
        new CompareExpression(NftCompare.Equal, R, FibExpression.Local),
        new PayloadExpression(NftPayloadBase.NetworkHeader, 16, 1, R),
        new CompareExpression(NftCompare.NotEqual, R, Loopback),
    ];

    private static NftExpression[] IsNewAndNotTranslated() =>
    [
        new ConntrackExpression(NftConntrackKey.State, R),
        BitwiseExpression.And(R, NftData.Word((uint)NftConntrackState.New)),
        new CompareExpression(NftCompare.NotEqual, R, NftData.Word(0)),
        .. HasStatus(NftConntrackStatus.DestinationNat, NftCompare.Equal),
    ];

    private static NftExpression[] HasStatus(NftConntrackStatus status, NftCompare comparedToNothing) =>
    [
        new ConntrackExpression(NftConntrackKey.Status, R),
        BitwiseExpression.And(R, NftData.Word((uint)status)),
        new CompareExpression(comparedToNothing, R, NftData.Word(0)),
    ];

    private static ImmediateExpression Go(NftVerdict verdict) => new(verdict);

    private static NftType AddressProtocolPort() => NftType.Concatenate(NftType.IPv4Address, NftType.InetProtocol, NftType.InetService);

    private static NftType ProtocolPort() => NftType.Concatenate(NftType.InetProtocol, NftType.InetService);

    private static NftType Target() => NftType.Concatenate(NftType.IPv4Address, NftType.InetService);
}
