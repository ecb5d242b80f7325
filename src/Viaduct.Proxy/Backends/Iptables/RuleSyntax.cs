using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>The parts of rules that depend on the IP family and the options, as iptables-save prints them.</summary>
internal sealed class RuleSyntax
{
    public const string FromNode = "-m addrtype --src-type LOCAL", ToNode = "-m addrtype --dst-type LOCAL";

    private readonly IPFamily family;
    private readonly string pod;

    public RuleSyntax(BackendOptions options)
    {
        family = options.Family;
        pod = options.LocalDetector switch
        {
            LocalDetector.Cidr cidr when cidr.Network.BaseAddress.AddressFamily == family.ToAddressFamily() => From(cidr.Network) ?? "",
            LocalDetector.Bridge bridge => $"-i {bridge.Name}",
            LocalDetector.InterfacePrefix prefix => $"-i {prefix.Prefix}+",
            _ => "",
        };
        OpensLoopback = family == IPFamily.IPv4 && options.LocalhostNodePorts
            && (options.NodePortNetworks.IsEmpty || options.NodePortNetworks.Any(n => IPAddress.IsLoopback(n.BaseAddress) || n.Contains(IPAddress.Loopback)));
        NodePortAddresses = options.NodePortNetworks.IsEmpty ? [OpensLoopback ? null : $"! -d {Loopback}"] : [.. Chosen(options.NodePortNetworks)];
    }

    /// <summary>Who is a pod of this node; null when nobody is known to be one.</summary>
    public string? FromPod => pod.Length == 0 ? null : pod;

    public string? NotFromPod => pod.Length == 0 ? null : $"! {pod}";

    /// <summary>The destinations that node ports have, beside being this node's; null is any.</summary>
    public ImmutableArray<string?> NodePortAddresses { get; }

    /// <summary>Whether node ports answer on 127.0.0.0/8, too. The kernel has no such thing for ::1.</summary>
    public bool OpensLoopback { get; }

    public string Loopback => family == IPFamily.IPv4 ? "127.0.0.0/8" : "::1/128";

    /// <summary>Refuses. The kernel sends a client at most one "port unreachable" per second (icmp_ratelimit), but any number of resets.</summary>
    public string Reject(TransportProtocol protocol) =>
        protocol == TransportProtocol.Tcp ? "REJECT --reject-with tcp-reset"
        : family == IPFamily.IPv4 ? "REJECT --reject-with icmp-port-unreachable"
        : "REJECT --reject-with icmp6-port-unreachable";

    private string Mask => family == IPFamily.IPv4 ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

    public static string From(PackedAddress address) => $"-s {address}/{address.Length * 8}";

    public static string? From(IPNetwork network) => network.PrefixLength == 0 ? null : $"-s {network}";

    public static string To(PackedAddress address) => $"-d {address}/{address.Length * 8}";

    public RuleSpec WithFromPod(RuleSpec rule) => With(rule, FromPod);

    public RuleSpec WithNotFromPod(RuleSpec rule) => With(rule, NotFromPod);

    /// <summary>The client was led to this endpoint in the last <paramref name="seconds"/>.</summary>
    public string Remembered(string endpointChain, int seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"-m recent --rcheck --seconds {seconds} --reap --name {endpointChain} --mask {Mask} --rsource");

    public string Remember(string endpointChain) => $"-m recent --set --name {endpointChain} --mask {Mask} --rsource";

    /// <summary>By chance one of so many; null is always. The kernel counts in 2^-31, and iptables-save prints what it counts.</summary>
    public static string? OneOf(int count)
    {
        const double Unit = 1L << 31;
        return count == 1 ? null : string.Create(CultureInfo.InvariantCulture, $"-m statistic --mode random --probability {Math.Round(Unit / count) / Unit:F11}");
    }

    private IEnumerable<string?> Chosen(ImmutableArray<IPNetwork> networks) => networks
        .Where(n => n.BaseAddress.AddressFamily == family.ToAddressFamily() && (OpensLoopback || !IPAddress.IsLoopback(n.BaseAddress)))
        .Select(n => n.PrefixLength == 0 ? null : $"-d {n}");

    private RuleSpec With(RuleSpec rule, string? match) =>
        pod.StartsWith("-s", StringComparison.Ordinal) ? rule with { Source = match } : rule with { Input = match };
}
