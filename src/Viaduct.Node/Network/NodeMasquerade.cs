using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Node.Network;

/// <summary>
/// Gives what this node's pods send out of the cluster the node's address, and nothing else: a table of one rule for each IP family,
/// <c>saddr @pods daddr != @direct masquerade fully-random</c>. It does not depend on the number of pods, and comes back when somebody removes it.
/// </summary>
internal sealed class NodeMasquerade : IDisposable
{
    private const string Name = "viaduct-masquerade", Chain = "postrouting", Pods = "pods", Direct = "direct";

    private readonly Lock _gate = new();
    private readonly NftClient _client;
    private readonly NftMonitor _monitor;
    private readonly IReadOnlyList<IPNetwork>? _direct;
    private readonly ILogger _log;
    private IReadOnlyList<IPNetwork> _pods = [];
    private HashSet<object> _written = [];

    /// <param name="ns">The node's network namespace.</param>
    /// <param name="direct">Networks that pods reach with their own addresses; null when nothing is to be masqueraded.</param>
    /// <param name="log">For people.</param>
    public NodeMasquerade(NetNamespace ns, IReadOnlyList<IPNetwork>? direct, ILogger log)
    {
        (_direct, _log) = (direct, log);
        (_client, _monitor) = ns.Run(() => (new NftClient(), new NftMonitor()));
    }

    /// <summary>Writes the rules for these blocks of pod addresses, in one transaction, over those of before and of an earlier run.</summary>
    public void Set(IReadOnlyList<IPNetwork> pods)
    {
        lock (_gate)
        {
            _pods = pods;
            Write();
        }
    }

    /// <summary>Keeps them until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await foreach (var transaction in _monitor.ReadAsync(cancellation))
        {
            if (_direct is null || (!transaction.IsLost && (transaction.PortId == _client.PortId || !transaction.Tables.Any(t => t.Name == Name))))
                continue;
            lock (_gate)
            {
                // A large transaction of somebody else, such as the first write of a proxy, is lost on every listener. To write after each would cost that proxy
                // more: it would take it for an edit and read its own table again.
                if (transaction.IsLost && IsIntact())
                    continue;
                Log.MasqueradeRestored(_log, transaction.ProcessName);
                Write();
            }
        }
    }

    /// <summary>Whether the rules are those that were written last.</summary>
    internal bool IsIntact() => Read().SetEquals(_written);

    /// <summary>Removes the rules from the current network namespace.</summary>
    public static void Remove()
    {
        using var client = new NftClient();
        var batch = new NftBatch();
        foreach (var table in client.ListTables().Where(t => t.Table.Name == Name))
            batch.DestroyTable(table.Table);
        client.Commit(batch);
    }

    public void Dispose()
    {
        _client.Dispose();
        _monitor.Dispose();
    }

    private void Write()
    {
        var batch = new NftBatch();
        foreach (var old in _client.ListTables().Where(t => t.Table.Name == Name))
            batch.DestroyTable(old.Table);
        if (_direct is not null)
        {
            foreach (var family in _pods.GroupBy(p => p.BaseAddress.AddressFamily).Where(f => !DirectNetworks.AreAllOf(f.Key, _direct)))
                AddFamily(batch, family.Key, [.. family], _direct);
        }
        _client.Commit(batch);
        _written = Read();
    }

    // A rule never changes: another one has another handle.
    private HashSet<object> Read()
    {
        var found = new HashSet<object>();
        foreach (var table in _client.ListTables().Select(t => t.Table).Where(t => t.Name == Name))
        {
            found.UnionWith(_client.ListRules(table).Select(r => (object)(table, r.Handle)));
            foreach (var set in _client.ListSets(table))
                found.UnionWith(_client.ListElements(table, set.Name).Select(e => (object)(table, set.Name, e.Key, e.IsIntervalEnd)));
        }

        return found;
    }

    private static void AddFamily(NftBatch batch, AddressFamily family, IReadOnlyList<IPNetwork> pods, IReadOnlyList<IPNetwork> direct)
    {
        var isIPv6 = family == AddressFamily.InterNetworkV6;
        var table = new NftTable(isIPv6 ? NftFamily.IPv6 : NftFamily.IPv4, Name);
        var type = isIPv6 ? NftType.IPv6Address : NftType.IPv4Address;
        var multicast = IPNetwork.Parse(isIPv6 ? "ff00::/8" : "224.0.0.0/4");
        batch.AddTable(table)
            .AddSet(table, new NftSetSpec { Name = Pods, KeyType = type, IsInterval = true, Comment = "this node's pods" })
            .AddElements(table, Pods, NftRanges.Of(pods))
            .AddSet(table, new NftSetSpec { Name = Direct, KeyType = type, IsInterval = true, Comment = "destinations reached with the pod's own address" })
            .AddElements(table, Direct, NftRanges.Of([.. direct.Where(d => d.BaseAddress.AddressFamily == family), multicast]))
            .AddChain(table, new NftChainSpec { Name = Chain, Hook = new NftHookSpec(NftChainType.Nat, NftHookPoint.Postrouting, NftPriority.SourceNat) })
            .AddRule(table, Chain, new NftRuleSpec(
                isIPv6 ? PayloadExpression.IPv6Source(NftRegister.First) : PayloadExpression.IPv4Source(NftRegister.First),
                new LookupExpression(Pods, NftRegister.First),
                isIPv6 ? PayloadExpression.IPv6Destination(NftRegister.First) : PayloadExpression.IPv4Destination(NftRegister.First),
                new LookupExpression(Direct, NftRegister.First) { IsInverted = true },
                new MasqueradeExpression(NftNatFlags.FullyRandom)));
    }
}
