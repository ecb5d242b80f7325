using System.Net;
using Viaduct.Lab.Filtering;
using Viaduct.Linux.Nftables;

namespace Viaduct.Lab.Network;

/// <content>Rules for packets, and for frames.</content>
public sealed partial class LabHost
{
    private readonly HashSet<NftTable> tables = [];

    private IPacketFilter Filter => filter ??= PacketFilters.Open(Namespace);

    /// <summary>What leaves a network by another device than its own gets the address of that device.</summary>
    public void Masquerade(IPNetwork network, string device) => AddRule(new PacketRule(PacketHook.Postrouting, new PacketAction.Masquerade()) { Source = network, NotByDevice = device });

    /// <summary>What a host sends to itself, by way of here, gets another address: who calls himself must not see his own address as the caller's.</summary>
    public void MasqueradeLoop(string address) => AddRule(
        new PacketRule(PacketHook.Postrouting, new PacketAction.Masquerade()) { Source = PacketRule.Only(address), Destination = PacketRule.Only(address) });

    /// <summary>What comes for one address goes to another, as kube-proxy does it for a Service.</summary>
    public void TranslateDestination(string address, string to) => AddRule(
        new PacketRule(PacketHook.Prerouting, new PacketAction.SendTo(IPAddress.Parse(to))) { Destination = PacketRule.Only(address) });

    /// <summary>What is forwarded to an address is dropped from now on.</summary>
    public void DropForwarded(string address) => AddRule(new PacketRule(PacketHook.Forward, new PacketAction.Drop()) { Destination = PacketRule.Only(address) });

    /// <summary>How many forwarded packets were dropped.</summary>
    public ulong DroppedForwarded => Filter.Dropped(PacketHook.Forward);

    /// <summary>Nothing that is forwarded is dropped any more.</summary>
    public void ForwardAll() => Note(Filter.Clear(PacketHook.Forward));

    /// <summary>Adds a chain with rules for frames to a table of the bridge family, which is made if it is not there.</summary>
    /// <param name="table">The table.</param>
    /// <param name="chain">The chain's name; also the hook's, in lower case.</param>
    /// <param name="hook">Where it hangs.</param>
    /// <param name="priority">The priority as nft(8) names it.</param>
    /// <param name="rules">Each rule as nft(8) takes it, and what it consists of.</param>
    public void AddFrameRules(NftTable table, string chain, NftHookSpec hook, string priority, params IReadOnlyList<(string Text, NftRuleSpec Rule)> rules)
    {
        if (tables.Add(table))
            Note($"nft add table {table}");
        Note(NftCommands.AddChain(table, chain, hook, priority));
        var batch = new NftBatch().AddTable(table).AddChain(table, new NftChainSpec { Name = chain, Hook = hook });
        foreach (var (text, rule) in rules)
        {
            Note($"nft add rule {table} {chain} {text}");
            batch.AddRule(table, chain, rule);
        }

        using var nft = NftClient.In(Namespace);
        nft.Commit(batch);
    }

    public void DeleteTable(NftTable table)
    {
        Note($"nft delete table {table}");
        tables.Remove(table);
        using var nft = NftClient.In(Namespace);
        nft.Commit(new NftBatch().DeleteTable(table));
    }

    private void AddRule(PacketRule rule) => Note(Filter.Add(rule));

    private void Note(IReadOnlyList<string> commands)
    {
        foreach (var command in commands)
            Note(command);
    }
}
