using System.Net;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Lab.Filtering;

/// <summary>By nftables, over netlink: the tables <c>ip nat</c> and <c>ip filter</c>, with a chain for each hook that has rules.</summary>
internal sealed class NftablesFilter(NetNamespace ns) : IPacketFilter
{
    private readonly NftClient nft = NftClient.In(ns);
    private readonly HashSet<PacketHook> made = [];

    public IReadOnlyList<string> Add(PacketRule rule)
    {
        var (table, chain, hook) = Of(rule.Hook);
        var batch = new NftBatch();
        var typed = new List<string>();
        if (made.All(h => Of(h).Table != table))
            typed.Add($"nft add table {table}");
        if (made.Add(rule.Hook))
        {
            batch.AddTable(table).AddChain(table, new NftChainSpec { Name = chain, Hook = hook });
            typed.Add(NftCommands.AddChain(table, chain, hook, PriorityOf(rule.Hook)));
        }

        nft.Commit(batch.AddRule(table, chain, new NftRuleSpec([.. Expressions(rule)])));
        return [.. typed, $"nft add rule {table} {chain} {Text(rule)}"];
    }

    public IReadOnlyList<string> Clear(PacketHook hook)
    {
        var (table, chain, _) = Of(hook);
        nft.Commit(new NftBatch().FlushChain(table, chain));
        return [$"nft flush chain {table} {chain}"];
    }

    public ulong Dropped(PacketHook hook) => nft.ListRules(Of(hook).Table).SelectMany(r => r.Expressions).OfType<CounterExpression>().Aggregate(0UL, (sum, c) => sum + c.Packets);

    public void Dispose() => nft.Dispose();

    private static (NftTable Table, string Chain, NftHookSpec Hook) Of(PacketHook hook) => hook switch
    {
        PacketHook.Prerouting => (new(NftFamily.IPv4, "nat"), "prerouting", new(NftChainType.Nat, NftHookPoint.Prerouting, NftPriority.DestinationNat)),
        PacketHook.Forward => (new(NftFamily.IPv4, "filter"), "forward", new(NftChainType.Filter, NftHookPoint.Forward, NftPriority.Filter)),
        PacketHook.Postrouting => (new(NftFamily.IPv4, "nat"), "postrouting", new(NftChainType.Nat, NftHookPoint.Postrouting, NftPriority.SourceNat)),
        _ => throw new ArgumentOutOfRangeException(nameof(hook)),
    };

    private static string PriorityOf(PacketHook hook) => hook switch
    {
        PacketHook.Prerouting => "dstnat",
        PacketHook.Forward => "filter",
        _ => "srcnat",
    };

    private static string Text(PacketRule rule) => string.Join(
        ' ',
        (string[])
        [
            .. rule.Source is { } source ? [$"ip saddr {PacketRule.Show(source)}"] : (string[])[],
            .. rule.Destination is { } destination ? [$"ip daddr {PacketRule.Show(destination)}"] : (string[])[],
            .. rule.NotByDevice is { } device ? [$"oifname != {device}"] : (string[])[],
            rule.Action switch
            {
                PacketAction.Drop => "counter drop",
                PacketAction.SendTo { Address: var address } => $"dnat to {address}",
                _ => "masquerade",
            },
        ]);

    private static IEnumerable<NftExpression> Expressions(PacketRule rule) =>
    [
        .. rule.Source is { } source ? Within(PayloadExpression.IPv4Source(NftRegister.First), source) : [],
        .. rule.Destination is { } destination ? Within(PayloadExpression.IPv4Destination(NftRegister.First), destination) : [],
        .. rule.NotByDevice is { } device ? NotBy(device) : [],
        .. Expressions(rule.Action),
    ];

    private static NftExpression[] Within(PayloadExpression address, IPNetwork network) =>
    [
        address,
        .. PacketRule.IsOne(network) ? (NftExpression[])[] : [BitwiseExpression.And(NftRegister.First, NftData.Address(MaskOf(network.PrefixLength)))],
        new CompareExpression(NftCompare.Equal, NftRegister.First, NftData.Address(network.BaseAddress)),
    ];

    private static NftExpression[] NotBy(string device) =>
        [new MetaExpression(NftMetaKey.OutputInterfaceName, NftRegister.First), new CompareExpression(NftCompare.NotEqual, NftRegister.First, NftData.InterfaceName(device))];

    private static IEnumerable<NftExpression> Expressions(PacketAction action) => action switch
    {
        PacketAction.Drop => [new CounterExpression(), new ImmediateExpression(NftVerdict.Drop)],
        PacketAction.SendTo { Address: var address } =>
            [new ImmediateExpression(NftRegister.First, NftData.Address(address)), new NatExpression(NftNatKind.Destination, NftFamily.IPv4, NftRegister.First)],
        _ => [new MasqueradeExpression()],
    };

    private static IPAddress MaskOf(int length) => new(IPAddress.HostToNetworkOrder(length == 0 ? 0 : -1 << (32 - length)) & 0xffffffffL);
}
