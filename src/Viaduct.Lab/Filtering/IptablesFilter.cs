using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Viaduct.Lab.Engine;
using Viaduct.Linux.Namespaces;
using Viaduct.Proxy.Backends.Iptables;
using Viaduct.Proxy.Model;

namespace Viaduct.Lab.Filtering;

/// <summary>By iptables' own programs, for kernels whose nftables cannot translate IPv4 addresses. Those have ip_tables, the elder interface.</summary>
internal sealed partial class IptablesFilter(NetNamespace ns) : IPacketFilter
{
    private readonly IptablesPrograms programs = new(ns.Run(NetNamespace.OpenCurrent), IPFamily.IPv4, IptablesVariant.Legacy);

    public IReadOnlyList<string> Add(PacketRule rule)
    {
        var (table, chain) = Of(rule.Hook);
        return Change(table, $"-A {chain} {Text(rule)}");
    }

    public IReadOnlyList<string> Clear(PacketHook hook)
    {
        var (table, chain) = Of(hook);
        return Change(table, $"-F {chain}");
    }

    public ulong Dropped(PacketHook hook)
    {
        var (sum, chain) = (0UL, Of(hook).Chain);
        programs.SaveAsync(
            line =>
            {
                if (CountedRule().Match(line) is { Success: true } match && match.Groups["chain"].Value == chain)
                    sum += ulong.Parse(match.Groups["packets"].ValueSpan, CultureInfo.InvariantCulture);
            },
            withCounters: true).GetAwaiter().GetResult();
        return sum;
    }

    public void Dispose() => programs.Dispose();

    private string[] Change(string table, string line)
    {
        try
        {
            programs.RestoreAsync(Encoding.ASCII.GetBytes($"*{table}\n{line}\nCOMMIT\n")).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IptablesException or RestoreRefusedException)
        {
            throw new ExperimentImpossibleException($"iptables -t {table} {line} is refused: {e.Message}");
        }

        return [$"iptables -t {table} {line}"];
    }

    private static (string Table, string Chain) Of(PacketHook hook) => hook switch
    {
        PacketHook.Prerouting => ("nat", "PREROUTING"),
        PacketHook.Forward => ("filter", "FORWARD"),
        PacketHook.Postrouting => ("nat", "POSTROUTING"),
        _ => throw new ArgumentOutOfRangeException(nameof(hook)),
    };

    private static string Text(PacketRule rule) => string.Join(
        ' ',
        (string[])
        [
            .. rule.Source is { } source ? [$"-s {PacketRule.Show(source)}"] : (string[])[],
            .. rule.Destination is { } destination ? [$"-d {PacketRule.Show(destination)}"] : (string[])[],
            .. rule.NotByDevice is { } device ? [$"! -o {device}"] : (string[])[],
            rule.Action switch
            {
                PacketAction.Drop => "-j DROP",
                PacketAction.SendTo { Address: var address } => $"-j DNAT --to-destination {address}",
                _ => "-j MASQUERADE",
            },
        ]);

    [GeneratedRegex(@"^\[(?<packets>[0-9]+):[0-9]+\] -A (?<chain>\S+) .*-j DROP$")]
    private static partial Regex CountedRule();
}
