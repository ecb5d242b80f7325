using System.Security.Cryptography;
using System.Text;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>kube-proxy's names of chains: operators and their tools know them, and a node that had kube-proxy is taken over without a gap.</summary>
internal static class ChainNames
{
    public const string MarkMasquerade = "KUBE-MARK-MASQ", Canary = "KUBE-PROXY-CANARY";

    public static readonly ChainId Services = new(IptablesTable.Nat, "KUBE-SERVICES");
    public static readonly ChainId NodePorts = new(IptablesTable.Nat, "KUBE-NODEPORTS");
    public static readonly ChainId Postrouting = new(IptablesTable.Nat, "KUBE-POSTROUTING");

    public static readonly ChainId UnservedServices = new(IptablesTable.Filter, "KUBE-SERVICES");
    public static readonly ChainId ExternalServices = new(IptablesTable.Filter, "KUBE-EXTERNAL-SERVICES");
    public static readonly ChainId HealthCheckPorts = new(IptablesTable.Filter, "KUBE-NODEPORTS");
    public static readonly ChainId LoadBalancerFirewall = new(IptablesTable.Filter, "KUBE-PROXY-FIREWALL");
    public static readonly ChainId Forward = new(IptablesTable.Filter, "KUBE-FORWARD");

    /// <summary>Shared with kubelet: a rule is added to it, and it is never removed.</summary>
    public static readonly ChainId Firewall = new(IptablesTable.Filter, "KUBE-FIREWALL");

    /// <summary>Chains in which every Service has its lines.</summary>
    public static readonly IReadOnlyList<ChainId> OfLines = [Services, NodePorts, UnservedServices, ExternalServices, HealthCheckPorts, LoadBalancerFirewall];

    /// <summary>Chains whose rules depend on the options only.</summary>
    public static readonly IReadOnlyList<ChainId> Constant =
    [
        new(IptablesTable.Nat, MarkMasquerade), Postrouting, Forward,
        new(IptablesTable.Nat, Canary), new(IptablesTable.Filter, Canary), new(IptablesTable.Mangle, Canary),
    ];

    private static readonly string[] s_ofServices = ["KUBE-SVC-", "KUBE-SVL-", "KUBE-EXT-", "KUBE-FW-", "KUBE-SEP-", "KUBE-XLB-"];
    private static readonly HashSet<string> s_fixed = [.. OfLines.Concat(Constant).Select(c => c.Name)];

    /// <summary>The chains of a Service port, all in table nat.</summary>
    public static PortChains Of(ServicePortState port)
    {
        var hash = Hash($"{port.Name}{port.Protocol.Name()}");
        return new(Nat("KUBE-SVC-", hash), Nat("KUBE-SVL-", hash), Nat("KUBE-EXT-", hash), Nat("KUBE-FW-", hash));
    }

    public static string OfEndpoint(ServicePortState port, EndpointAddress endpoint) => "KUBE-SEP-" + Hash($"{port.Name}{port.Protocol.Name()}{endpoint}");

    /// <summary>Whether a chain holds the rules of one Service port, ours or an older version's or kube-proxy's.</summary>
    public static bool IsOfService(string name) => name.StartsWith("KUBE-", StringComparison.Ordinal) && s_ofServices.Any(p => name.StartsWith(p, StringComparison.Ordinal));

    /// <summary>Whether a chain is this mode's and nobody else's.</summary>
    public static bool IsOurs(string name) => s_fixed.Contains(name) || IsOfService(name);

    private static ChainId Nat(string prefix, string hash) => new(IptablesTable.Nat, prefix + hash);

    // The first 80 bits of SHA-256 in base 32 (RFC 4648): names of chains are limited to 28 characters.
    private static string Hash(string text)
    {
        const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        Span<char> digits = stackalloc char[16];
        for (var i = 0; i < digits.Length; i++)
        {
            var bit = i * 5;
            var two = (hash[bit / 8] << 8) | hash[(bit / 8) + 1];
            digits[i] = Digits[(two >> (11 - (bit % 8))) & 31];
        }

        return new string(digits);
    }
}

/// <summary>The chains of one Service port.</summary>
/// <param name="Cluster">KUBE-SVC-: all endpoints.</param>
/// <param name="Local">KUBE-SVL-: this node's endpoints.</param>
/// <param name="External">KUBE-EXT-: whoever comes by an external address or a node port.</param>
/// <param name="Firewall">KUBE-FW-: whoever comes by a load balancer's address that has source ranges.</param>
internal readonly record struct PortChains(ChainId Cluster, ChainId Local, ChainId External, ChainId Firewall);
