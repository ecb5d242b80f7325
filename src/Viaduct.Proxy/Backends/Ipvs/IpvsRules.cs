using System.Text;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>
/// The iptables rules that are there whatever Services there are; all that changes is in the sets. They drop and mark in the table mangle, before IPVS
/// and before any translation, refuse in filter's INPUT, where packets for kube-ipvs0 come just before IPVS, and masquerade in nat's POSTROUTING.
/// </summary>
internal sealed class IpvsRules(BackendOptions options)
{
    /// <summary>With it begins the name of each of our chains.</summary>
    public const string ChainPrefix = "VIADUCT-IPVS-";

    private const string Prerouting = ChainPrefix + "PREROUTING", Services = ChainPrefix + "SERVICES", Filter = ChainPrefix + "FILTER";
    private const string Refuse = ChainPrefix + "REFUSE", Postrouting = ChainPrefix + "POSTROUTING";
    private const string IsNew = "-m conntrack --ctstate NEW", IsFromNode = "-m addrtype --src-type LOCAL";

    // kube-proxy's bit for connections that get this node's address, and one for those that come from a bridge which does not see answers.
    private const string Masquerade = "0x4000/0x4000", FromBridge = "0x2000/0x2000", SetMark = $"-j MARK --set-xmark {Masquerade}";

    /// <summary>The tables in the order in which they are written.</summary>
    public IReadOnlyList<RuleTable> Tables() => [MangleTable(MangleRules()), NatTable(), FilterTable()];

    /// <summary>
    /// While another mode serves and connections of this one go on: nothing is dropped or led anywhere by sets that nobody changes any more. What stays open
    /// is what kube-ipvs0 brings about: its addresses are sources of this node's processes, and must not lead to whoever listens on the node.
    /// </summary>
    public IReadOnlyList<RuleTable> DrainingTables() => [MangleTable([MasqueradeNode]), NatTable(), FilterTable()];

    private static RuleTable MangleTable(IReadOnlyList<string> rules) =>
        new("mangle", [Prerouting, Services], [("PREROUTING", $"-j {Prerouting}"), ("OUTPUT", $"{IsNew} -j {Services}")], rules);

    private IReadOnlyList<string> MangleRules() =>
    [
        // On every packet: one whose connection IPVS has forgotten is scheduled anew.
        $"-A {Prerouting} {NotFromPod()}{In(IpvsSet.ExternalLocal)} -j SET --map-set {Name(IpvsSet.ExternalLocal)} dst,dst --map-mark",
        $"-A {Prerouting} {IsNew} {NotFromPod()}{In(IpvsSet.OffNodeDrop)} -j DROP",
        .. BridgeMarks(),
        $"-A {Prerouting} {IsNew} -j {Services}",
        $"-A {Services} {In(IpvsSet.Firewalled)} -m set ! --match-set {Name(IpvsSet.SourceRanges)} dst,dst,src -j DROP",
        $"-A {Services} {In(IpvsSet.Drop)} -j DROP",
        $"-A {Services} -m set --match-set {Name(IpvsSet.ServiceCidrs)} dst -m set ! --match-set {Name(IpvsSet.ServiceAddresses)} dst -j DROP",
        .. MasqueradeMarks(),
    ];

    private string MasqueradeNode => $"-A {Services} {In(IpvsSet.ClusterIP)} {IsFromNode} {SetMark}";

    // A process of this node takes the Service's own address as its source, for that is a local one: only masquerading brings answers back.
    private IEnumerable<string> MasqueradeMarks()
    {
        if (options.MasqueradeAll)
        {
            yield return $"-A {Services} {In(IpvsSet.ClusterIP)} {SetMark}";
        }
        else
        {
            if (NotFromPod() is { Length: > 0 } notFromPod)
                yield return $"-A {Services} {notFromPod}{In(IpvsSet.ClusterIP)} {SetMark}";
            yield return MasqueradeNode;
        }

        yield return $"-A {Services} {In(IpvsSet.External)} {SetMark}";
        yield return $"-A {Services} {In(IpvsSet.ExternalLocal)} {IsFromNode} {SetMark}";
    }

    private IEnumerable<string> BridgeMarks()
    {
        if (options.BridgeWithoutNetfilter is { } bridge)
            yield return $"-A {Prerouting} -i {bridge} {IsNew} -m set --match-set {Name(IpvsSet.ServiceAddresses)} dst -j MARK --set-xmark {FromBridge}";
    }

    private RuleTable NatTable() => new("nat", [Postrouting], [("POSTROUTING", $"-j {Postrouting}")],
    [
        // After IPVS the destination is the endpoint.
        $"-A {Postrouting} -m set --match-set {Name(IpvsSet.LoopBack)} dst,dst,src -j MASQUERADE --random-fully",
        .. options.BridgeWithoutNetfilter is { } bridge ? [$"-A {Postrouting} -o {bridge} -m mark --mark {FromBridge} -j MASQUERADE --random-fully"] : Array.Empty<string>(),
        $"-A {Postrouting} -m mark ! --mark {Masquerade} -j RETURN",
        $"-A {Postrouting} -j MARK --set-xmark 0x0/0x4000",
        $"-A {Postrouting} -j MASQUERADE --random-fully",
    ]);

    private RuleTable FilterTable() => new("filter", [Filter, Refuse], [("INPUT", $"{IsNew} -j {Filter}")],
    [
        $"-A {Filter} {In(IpvsSet.Refuse)} -j {Refuse}",
        $"-A {Filter} -m set ! --match-set {Name(IpvsSet.ServiceAddresses)} dst -j RETURN",
        .. new[] { IpvsSet.ClusterIP, IpvsSet.External, IpvsSet.ExternalLocal, IpvsSet.HealthChecks }.Select(s => $"-A {Filter} {In(s)} -j RETURN"),
        $"-A {Filter} -j {Refuse}",
        $"-A {Refuse} -p tcp -j REJECT --reject-with tcp-reset",
        $"-A {Refuse} -p {(IsIPv4 ? "icmp" : "ipv6-icmp")} -j RETURN",
        $"-A {Refuse} -j REJECT",
    ]);

    private bool IsIPv4 => options.Family == IPFamily.IPv4;

    private string Name(IpvsSet set) => IpvsSets.Name(set, options.Family);

    private string In(IpvsSet set) => $"-m set --match-set {Name(set)} dst,dst";

    // Ends with a blank, or is empty: without a detector nobody is known to be a pod.
    private string NotFromPod() => options.LocalDetector switch
    {
        LocalDetector.Cidr cidr when cidr.Network.BaseAddress.AddressFamily == options.Family.ToAddressFamily() => $"! -s {cidr.Network} ",
        LocalDetector.Bridge bridge => $"! -i {bridge.Name} ",
        LocalDetector.InterfacePrefix prefix => $"! -i {prefix.Prefix}+ ",
        _ => "",
    };
}

/// <summary>Our part of one iptables table.</summary>
/// <param name="Name">mangle, nat or filter.</param>
/// <param name="Chains">Our chains.</param>
/// <param name="Jumps">Rules of the kernel's own chains that lead to them.</param>
/// <param name="Rules">All rules of our chains, in order.</param>
internal sealed record RuleTable(string Name, IReadOnlyList<string> Chains, IReadOnlyList<(string Chain, string Rule)> Jumps, IReadOnlyList<string> Rules)
{
    /// <summary>What iptables-restore(8) reads with --noflush to write all of it, in one step of the kernel.</summary>
    /// <param name="found">What iptables-save(8) prints of our chains in this table. iptables cannot add a rule only if it is missing.</param>
    public string Write(IEnumerable<string> found)
    {
        var text = new StringBuilder($"*{Name}\n");
        foreach (var chain in Chains)
            text.Append($":{chain} - [0:0]\n");
        DeleteJumps(text, found);
        foreach (var (chain, rule) in Jumps)
            text.Append($"-I {chain} {rule}\n");
        return text.AppendJoin('\n', Rules).Append("\nCOMMIT\n").ToString();
    }

    /// <summary>What it reads to remove all that was found; empty for nothing.</summary>
    public string Remove(IReadOnlyList<string> found)
    {
        if (found.Count == 0)
            return "";
        var text = new StringBuilder($"*{Name}\n");
        DeleteJumps(text, found);
        var chains = found.Where(l => l.StartsWith(':')).Select(l => l[1..l.IndexOf(' ', StringComparison.Ordinal)]).ToList();
        chains.ForEach(c => text.Append($"-F {c}\n"));
        chains.ForEach(c => text.Append($"-X {c}\n"));
        return text.Append("COMMIT\n").ToString();
    }

    private static void DeleteJumps(StringBuilder text, IEnumerable<string> found)
    {
        foreach (var jump in found.Where(l => l.StartsWith("-A ", StringComparison.Ordinal) && !l.StartsWith($"-A {IpvsRules.ChainPrefix}", StringComparison.Ordinal)))
            text.Append($"-D {jump.AsSpan(3)}\n");
    }
}
