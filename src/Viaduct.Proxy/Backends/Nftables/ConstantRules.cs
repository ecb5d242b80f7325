using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>The chains and rules that are there whatever Services there are.</summary>
/// <param name="fields">The family's header fields.</param>
/// <param name="options">What the rules depend on.</param>
/// <param name="proxy">
/// The address of this node where a proxy takes all connections; null when they go on to endpoints. To a proxy no source is translated, for its answers leave
/// from here; and nobody may come to it but through a Service, whose source ranges he would pass by.
/// </param>
internal sealed class ConstantRules(PacketFields fields, BackendOptions options, PackedAddress? proxy = null)
{
    private const string LoopbackGuard = LoopbackRouting.Guard, Prerouting = "prerouting", Output = "output", Services = "services", Refuse = "refuse";
    private const string Forward = "forward", Postrouting = "postrouting", Masquerade = "masquerade";

    // The bit that kube-proxy uses, too. It is set and read while one packet passes.
    private const uint StaysOnBridgeMark = 0x4000;

    private static readonly NftRegister R = NftRegister.First;
    private static readonly MasqueradeExpression Translate = new(NftNatFlags.FullyRandom);

    private readonly LocalDetector? detector = options.LocalDetector is LocalDetector.Cidr cidr && cidr.Network.BaseAddress.AddressFamily != options.Family.ToAddressFamily()
        ? null
        : options.LocalDetector;

    public IReadOnlyList<NftChainSpec> Chains { get; } =
    [
        .. options.BridgeWithoutNetfilter is null
            ? Array.Empty<NftChainSpec>()
            : [Hook(Forward, NftChainType.Filter, NftHookPoint.Forward, NftPriority.Filter)],
        .. options.OpensLoopback
            ? [Hook(LoopbackGuard, NftChainType.Filter, NftHookPoint.Prerouting, NftPriority.DestinationNat - 10)]
            : Array.Empty<NftChainSpec>(),
        new() { Name = Services },
        new() { Name = Refuse },
        .. proxy is null ? [new() { Name = Masquerade }] : Array.Empty<NftChainSpec>(),
        Hook(Prerouting, NftChainType.Nat, NftHookPoint.Prerouting, NftPriority.DestinationNat),
        Hook(Output, NftChainType.Nat, NftHookPoint.Output, NftPriority.DestinationNat),
        .. proxy is null ? [Hook(Postrouting, NftChainType.Nat, NftHookPoint.Postrouting, NftPriority.SourceNat)] : Array.Empty<NftChainSpec>(),
    ];

    /// <summary>All rules, those of one chain in order.</summary>
    public IEnumerable<(string Chain, NftRuleSpec Rule)> All() =>
        [.. In(LoopbackGuard, GuardRules()), .. In(Prerouting, PreroutingRules()), .. In(Output, OutputRules()), .. In(Services, ServiceRules()), .. In(Refuse, RefuseRules()),
         .. In(Forward, ForwardRules()), .. proxy is null ? [.. In(Postrouting, EnterMasquerade()), .. In(Masquerade, MasqueradeRules())] : Array.Empty<(string, NftRuleSpec)>()];

    // A chain of filters, for it must see packets that no connection is tracked for, too.
    private IEnumerable<NftRuleSpec> GuardRules()
    {
        if (!options.OpensLoopback)
            yield break;
        yield return Rule(
            options.RouteLocalnetWasOn ? LoopbackRouting.Others : LoopbackRouting.Ours,
            [new MetaExpression(NftMetaKey.InputInterfaceName, R), new CompareExpression(NftCompare.NotEqual, R, NftData.InterfaceName("lo"))],
            fields.DestinationIsLoopback(NftCompare.Equal, R),
            Go(NftVerdict.Drop));
    }

    // Chains of NAT see only the first packet of a connection (nf_nat_inet_fn), so whatever is decided here costs later packets nothing.
    private IEnumerable<NftRuleSpec> PreroutingRules()
    {
        yield return Firewall();
        yield return Rule("from elsewhere, externalTrafficPolicy Local", NotFromPod(), fields.Frontend(R), Verdict(TableSet.OffNodeService));
        yield return Rule("from elsewhere, externalTrafficPolicy Local", NotFromPod(), ToNodePortAddress(), PacketFields.ProtocolPort(R), Verdict(TableSet.OffNodeNodePort));
        yield return Rule("", Go(NftVerdict.Goto(Services)));
    }

    private IEnumerable<NftRuleSpec> OutputRules() => [Firewall(), Rule("", Go(NftVerdict.Goto(Services)))];

    // Source ranges are for the address that the client used, so before it is translated.
    private NftRuleSpec Firewall() => Rule(
        "loadBalancerSourceRanges",
        fields.Frontend(R), In(TableSet.Firewalled), [fields.Source(R.Plus(fields.FrontendWords))],
        [new LookupExpression(TableSets.Name(TableSet.SourceRanges), R) { IsInverted = true }], Go(NftVerdict.Drop));

    // Whoever gets past the verdicts is not served. It is refused here, before routing: a node without a route to the Service range would answer
    // "network unreachable" itself.
    private IEnumerable<NftRuleSpec> ServiceRules()
    {
        yield return Rule("", fields.Frontend(R), Verdict(TableSet.Service));
        yield return Rule("", ToNodePortAddress(), PacketFields.ProtocolPort(R), Verdict(TableSet.NodePort));
        if (proxy is { } address)
        {
            // Asking for the status keeps connection tracking on (nft_ct_get_init): without any endpoint no other rule here would, then no chain of NAT would be
            // called, and established connections would be translated no more.
            yield return Rule(
                "the proxy is reached through Services only",
                HasStatus(NftConntrackStatus.DestinationNat, NftCompare.Equal),
                [fields.Destination(R), new CompareExpression(NftCompare.Equal, R, NftData.Address(address.ToIPAddress()))], Go(NftVerdict.Goto(Refuse)));
        }

        yield return Rule("no such port, or no endpoint", [fields.Destination(R)], In(TableSet.ClusterIPs), Go(NftVerdict.Goto(Refuse)));
        yield return Rule("no endpoint", fields.Frontend(R), In(TableSet.External), Go(NftVerdict.Goto(Refuse)));
        yield return Rule("no endpoint", fields.Frontend(R), In(TableSet.ExternalLocal), Go(NftVerdict.Goto(Refuse)));
        yield return Rule("no endpoint", ToNodePortAddress(), PacketFields.ProtocolPort(R), In(TableSet.NodePorts), Go(NftVerdict.Goto(Refuse)));
        yield return Rule("no endpoint", ToNodePortAddress(), PacketFields.ProtocolPort(R), In(TableSet.NodePortsLocal), Go(NftVerdict.Goto(Refuse)));
        yield return Rule("no such Service", [fields.Destination(R)], In(TableSet.ServiceCidrs), Go(NftVerdict.Drop));
    }

    private IEnumerable<NftRuleSpec> RefuseRules()
    {
        yield return Rule("", [new MetaExpression(NftMetaKey.L4Protocol, R), new CompareExpression(NftCompare.Equal, R, NftData.Byte(6)), RejectExpression.TcpReset]);
        yield return Rule("", [fields.PortUnreachable]);
    }

    private IEnumerable<NftRuleSpec> ForwardRules()
    {
        if (options.BridgeWithoutNetfilter is not { } bridge)
            yield break;
        var name = NftData.InterfaceName(bridge);
        yield return Rule(
            "stays on a bridge that does not see answers",
            HasStatus(NftConntrackStatus.DestinationNat, NftCompare.NotEqual),
            [new MetaExpression(NftMetaKey.InputInterfaceName, R), new CompareExpression(NftCompare.Equal, R, name)],
            [new MetaExpression(NftMetaKey.OutputInterfaceName, R), new CompareExpression(NftCompare.Equal, R, name)],
            [new MetaExpression(NftMetaKey.Mark, R), new BitwiseExpression(R, R, NftData.Word(~StaysOnBridgeMark), NftData.Word(StaysOnBridgeMark))],
            [new MetaExpression(NftMetaKey.Mark, R, IsSet: true)]);
    }

    private static IEnumerable<NftRuleSpec> EnterMasquerade() =>
        [Rule("", HasStatus(NftConntrackStatus.DestinationNat, NftCompare.NotEqual), Go(NftVerdict.Jump(Masquerade)))];

    // Only connections whose destination was translated come here, and of those only the ones that were translated by this table match.
    private IEnumerable<NftRuleSpec> MasqueradeRules()
    {
        yield return Rule("a pod that reached itself", [fields.Source(R), fields.Destination(R.Plus(fields.AddressWords))], In(TableSet.Hairpin), [Translate]);
        if (options.BridgeWithoutNetfilter is not null)
            yield return Rule("stays on a bridge that does not see answers", IsMarked(), [Translate]);
        NftExpression[] toClusterIP = [fields.OriginalDestination(R), .. In(TableSet.ClusterIPs)];
        if (options.MasqueradeAll)
            yield return Rule("masqueradeAll", toClusterIP, [Translate]);
        else if (detector is not null)
        {
            if (detector is not LocalDetector.Cidr)
                yield return Rule("from a pod to another one on its bridge", toClusterIP, StaysOnBridge(), Go(NftVerdict.Return));
            yield return Rule("not from a pod", toClusterIP, NotFromPod(), [Translate]);
        }

        yield return Rule("", toClusterIP, Go(NftVerdict.Return));
        foreach (var rule in ExternalRules(fields.OriginalFrontend(R), TableSet.External, TableSet.ExternalLocal))
            yield return rule;
        foreach (var rule in ExternalRules(PacketFields.OriginalProtocolPort(R), TableSet.NodePorts, TableSet.NodePortsLocal))
            yield return rule;
    }

    // With externalTrafficPolicy Local clients from elsewhere keep their address, for their endpoint is on this node.
    private static IEnumerable<NftRuleSpec> ExternalRules(NftExpression[] frontend, TableSet cluster, TableSet local)
    {
        yield return Rule("externalTrafficPolicy Cluster", frontend, In(cluster), [Translate]);
        yield return Rule("a process of this node", frontend, In(local), PacketFields.IsLocal(isSource: true, R), [Translate]);
    }

    private NftExpression[] NotFromPod() => detector switch
    {
        LocalDetector.Cidr cidr => fields.SourceIn(cidr.Network, NftCompare.NotEqual, R),
        LocalDetector.Bridge bridge => [new MetaExpression(NftMetaKey.InputInterfaceName, R), new CompareExpression(NftCompare.NotEqual, R, NftData.InterfaceName(bridge.Name))],
        LocalDetector.InterfacePrefix prefix =>
            [new MetaExpression(NftMetaKey.InputInterfaceName, R), new CompareExpression(NftCompare.NotEqual, R, NftData.InterfacePrefix(prefix.Prefix))],
        _ => [],
    };

    // A packet that a bridge hands on has no input device in postrouting (br_nf_post_routing), and neither has one of a process of this node.
    private static NftExpression[] StaysOnBridge() =>
    [
        new MetaExpression(NftMetaKey.InputInterfaceName, R), new CompareExpression(NftCompare.Equal, R, NftData.InterfaceName("")),
        new FibExpression(IsSource: true, R), new CompareExpression(NftCompare.NotEqual, R, FibExpression.Local),
    ];

    private NftExpression[] ToNodePortAddress() =>
    [
        .. PacketFields.IsLocal(isSource: false, R),
        .. options.OpensLoopback ? [] : fields.DestinationIsLoopback(NftCompare.NotEqual, R),
        .. options.NodePortNetworks.IsEmpty ? [] : (NftExpression[])[fields.Destination(R), .. In(TableSet.NodePortAddresses)],
    ];

    private static NftExpression[] IsMarked() =>
    [
        new MetaExpression(NftMetaKey.Mark, R),
        BitwiseExpression.And(R, NftData.Word(StaysOnBridgeMark)),
        new CompareExpression(NftCompare.NotEqual, R, NftData.Word(0)),
    ];

    private static NftExpression[] HasStatus(NftConntrackStatus status, NftCompare comparedToNothing) =>
    [
        new ConntrackExpression(NftConntrackKey.Status, R),
        BitwiseExpression.And(R, NftData.Word((uint)status)),
        new CompareExpression(comparedToNothing, R, NftData.Word(0)),
    ];

    private static NftExpression[] In(TableSet set) => [new LookupExpression(TableSets.Name(set), R)];

    private static NftExpression[] Verdict(TableSet map) => [LookupExpression.VerdictMap(TableSets.Name(map), R)];

    private static NftExpression[] Go(NftVerdict verdict) => [new ImmediateExpression(verdict)];

    private static NftRuleSpec Rule(string comment, params NftExpression[][] parts) => new([.. parts.SelectMany(p => p)]) { Comment = comment.Length == 0 ? null : comment };

    private static IEnumerable<(string Chain, NftRuleSpec Rule)> In(string chain, IEnumerable<NftRuleSpec> rules) => rules.Select(r => (chain, r));

    private static NftChainSpec Hook(string name, NftChainType type, NftHookPoint point, int priority) =>
        new() { Name = name, Hook = new(type, point, priority, NftPolicy.Accept) };
}
