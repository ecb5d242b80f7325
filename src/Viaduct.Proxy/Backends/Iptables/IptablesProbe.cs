using System.Text;
using Viaduct.Linux.Namespaces;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>Tries what the rules need in a network namespace of its own, which is gone afterwards: with --test iptables-nft-restore does not ask the kernel.</summary>
internal static class IptablesProbe
{
    private const string Table = "the table nat (iptable_nat or nft_chain_nat)";

    public static async Task<IReadOnlyList<string>> FindMissingAsync(IptablesVariant variant, IPFamily family)
    {
        var missing = new List<string>();
        using var programs = new IptablesPrograms(NetNamespace.Create(), family, variant);
        foreach (var (what, rule) in Features(new RuleSyntax(new BackendOptions { Family = family }), family))
        {
            try
            {
                await programs.RestoreAsync(Encoding.ASCII.GetBytes($"*nat\n:KUBE-PROXY-PROBE - [0:0]\n-A KUBE-PROXY-PROBE {rule}\nCOMMIT\n"));
            }
            catch (Exception e) when (e is IptablesException or RestoreRefusedException)
            {
                missing.Add($"iptables does not support {what} ({e.Message.TrimEnd('.')}): load that module, or take --proxy-mode nftables.");
                // Without the table nothing else can be tried.
                if (what == Table)
                    break;
            }
        }

        return missing;
    }

    private static IEnumerable<(string What, RuleSpec Rule)> Features(RuleSyntax syntax, IPFamily family)
    {
        var target = family == IPFamily.IPv4 ? "10.0.0.1:80" : "[fd00::1]:80";
        yield return (Table, new() { Target = "RETURN" });
        yield return ("translating destinations (xt_nat)", new() { Protocol = TransportProtocol.Tcp, Target = $"DNAT --to-destination {target}" });
        yield return ("masquerading (xt_MASQUERADE)", new() { Target = "MASQUERADE --random-fully" });
        yield return ("choosing by chance (xt_statistic)", new() { Match = RuleSyntax.OneOf(2), Target = "RETURN" });
        yield return ("comments (xt_comment)", new() { Comment = "probe", Target = "RETURN" });
        yield return ("kinds of addresses (xt_addrtype)", new() { Match = RuleSyntax.ToNode, Target = "RETURN" });
        yield return ("states of connections (xt_conntrack)", new() { Match = "-m conntrack --ctstate NEW", Target = "RETURN" });
        yield return ("marks (xt_mark)", new() { Match = "-m mark --mark 0x4000/0x4000", Target = "RETURN" });
    }
}
