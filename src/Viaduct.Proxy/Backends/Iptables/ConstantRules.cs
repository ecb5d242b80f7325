using System.Globalization;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>The rules that are there whatever Services there are: how packets come to our chains, and what becomes of those that were marked.</summary>
internal sealed class ConstantRules(BackendOptions options, bool dropsInvalid)
{
    private const string IsNew = "-m conntrack --ctstate NEW";

    private readonly RuleSyntax syntax = new(options);
    private readonly string mark = string.Create(CultureInfo.InvariantCulture, $"0x{1u << options.MasqueradeBit:x}");

    /// <summary>All of them. A line of a chain that others use, too, goes to its head, so the last one here comes first there.</summary>
    public PortPlan Plan() => new(
        [
            new(new(IptablesTable.Nat, ChainNames.MarkMasquerade), [new() { Target = SetMark }]),
            new(ChainNames.Postrouting, [.. Postrouting()]),
            new(ChainNames.Forward, [.. Forward()]),
            .. Enum.GetValues<IptablesTable>().Select(t => new ChainSpec(new(t, ChainNames.Canary), [new() { Comment = "Gone when somebody flushed this table: the proxy then writes its rules again" }])),
        ],
        [.. Entries(), .. NodePorts(), .. Firewall()]);

    /// <summary>Health checks of load balancers are let in, whatever else the node filters.</summary>
    public static PortPlan HealthChecks(IReadOnlyDictionary<ServiceName, HealthCheckState> checks) => new([], [.. checks.Select(c => new ChainLine(
        ChainNames.HealthCheckPorts,
        new RuleSpec { Comment = $"{c.Key} health check node port", Protocol = TransportProtocol.Tcp, DestinationPort = c.Value.Port, Target = "ACCEPT" }.ToString()))]);

    private string SetMark => $"MARK --set-xmark {mark}/{mark}";

    private IEnumerable<RuleSpec> Postrouting()
    {
        yield return new() { Match = $"-m mark ! --mark {mark}/{mark}", Target = "RETURN" };
        // The packet may pass here again, as one inside a tunnel's.
        yield return new() { Target = $"MARK --set-xmark {mark}/0x0" };
        yield return new() { Comment = "kubernetes service traffic requiring SNAT", Target = "MASQUERADE --random-fully" };
    }

    private IEnumerable<RuleSpec> Forward()
    {
        // A late packet of a connection that the kernel does not know any more would go on untranslated, and make its receiver reset the
        // live connection.
        if (dropsInvalid)
            yield return new() { Match = "-m conntrack --ctstate INVALID", Target = "DROP" };
        // Without br_netfilter the answer would be switched straight to the client, which knows no connection to that address.
        if (options.BridgeWithoutNetfilter is { } bridge)
            yield return new() { Input = $"-i {bridge}", Output = $"-o {bridge}", Match = "-m conntrack --ctstate DNAT -m conntrack --ctstate NEW", Target = SetMark };
        yield return new() { Comment = "kubernetes forwarding rules", Match = $"-m mark --mark {mark}/{mark}", Target = "ACCEPT" };
        yield return new() { Comment = "kubernetes forwarding conntrack rule", Match = "-m conntrack --ctstate RELATED,ESTABLISHED", Target = "ACCEPT" };
    }

    private static IEnumerable<ChainLine> Entries() =>
    [
        Entry(IptablesTable.Filter, "INPUT", ChainNames.ExternalServices, IsNew, "kubernetes externally-visible service portals"),
        Entry(IptablesTable.Filter, "FORWARD", ChainNames.ExternalServices, IsNew, "kubernetes externally-visible service portals"),
        Entry(IptablesTable.Filter, "OUTPUT", ChainNames.ExternalServices, IsNew, "kubernetes externally-visible service portals"),
        Entry(IptablesTable.Filter, "INPUT", ChainNames.HealthCheckPorts, null, "kubernetes health check service ports"),
        Entry(IptablesTable.Filter, "FORWARD", ChainNames.UnservedServices, IsNew, "kubernetes service portals"),
        Entry(IptablesTable.Filter, "OUTPUT", ChainNames.UnservedServices, IsNew, "kubernetes service portals"),
        Entry(IptablesTable.Filter, "FORWARD", ChainNames.Forward, null, "kubernetes forwarding rules"),
        Entry(IptablesTable.Filter, "INPUT", ChainNames.LoadBalancerFirewall, IsNew, "kubernetes load balancer firewall"),
        Entry(IptablesTable.Filter, "OUTPUT", ChainNames.LoadBalancerFirewall, IsNew, "kubernetes load balancer firewall"),
        Entry(IptablesTable.Filter, "FORWARD", ChainNames.LoadBalancerFirewall, IsNew, "kubernetes load balancer firewall"),
        Entry(IptablesTable.Nat, "OUTPUT", ChainNames.Services, null, "kubernetes service portals"),
        Entry(IptablesTable.Nat, "PREROUTING", ChainNames.Services, null, "kubernetes service portals"),
        Entry(IptablesTable.Nat, "POSTROUTING", ChainNames.Postrouting, null, "kubernetes postrouting rules"),
    ];

    // kube-proxy's order of the two matches.
    private static ChainLine Entry(IptablesTable table, string hook, ChainId chain, string? isNew, string comment) =>
        new(new(table, hook), $"{(isNew is null ? "" : isNew + " ")}{new RuleSpec { Comment = comment, Target = chain.Name }}");

    private IEnumerable<ChainLine> NodePorts() => syntax.NodePortAddresses.Select(a => new ChainLine(
        ChainNames.Services,
        new RuleSpec { Destination = a, Comment = "kubernetes service nodeports; NOTE: this must be the last rule in this chain", Match = RuleSyntax.ToNode, Target = ChainNames.NodePorts.Name }.ToString()));

    // With route_localnet other hosts could reach what listens on the loopback address only (CVE-2020-8558). The rule is kubelet's, too, and
    // like the setting it stays when this mode goes.
    private IEnumerable<ChainLine> Firewall()
    {
        if (!syntax.OpensLoopback)
            yield break;
        foreach (var hook in (string[])["INPUT", "OUTPUT"])
            yield return new(new(IptablesTable.Filter, hook), $"-j {ChainNames.Firewall.Name}");
        yield return new(ChainNames.Firewall, new RuleSpec
        {
            Source = $"! -s {syntax.Loopback}",
            Destination = $"-d {syntax.Loopback}",
            Comment = "block incoming localnet connections",
            Match = "-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT",
            Target = "DROP",
        }.ToString());
    }
}
