using System.Text;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Backends.Nftables;

namespace Viaduct.Tests.Proxy;

/// <summary>Holds elements as the kernel does, and refuses what the kernel refuses: the same key twice, what is not there, a way to no chain.</summary>
internal sealed class FakeTable : ITableEdit
{
    private readonly List<Action> unused = [];

    public Dictionary<(TableSet Set, string Key), string> Elements { get; } = [];

    public HashSet<string> Chains { get; } = [];

    /// <summary>Elements added and removed.</summary>
    public int Edits { get; private set; }

    public void AddChain(FanOut chain) => Assert.True(Chains.Add(chain.ChainName), $"{chain.ChainName} is there");

    public void Add(TableSet set, in NftElementView element)
    {
        Edits++;
        var chain = Encoding.UTF8.GetString(element.Chain);
        Assert.True(chain.Length == 0 || Chains.Contains(chain), $"no chain {chain}");
        var value = $"{Convert.ToHexString(element.Value)} {element.Verdict} {chain} {Encoding.UTF8.GetString(element.Comment)}";
        Assert.True(Elements.TryAdd((set, Key(element.Key, element.KeyEnd, element.IsIntervalEnd)), value), $"{set} has it");
    }

    public void Remove(TableSet set, ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd = default)
    {
        Edits++;
        Assert.True(Elements.Remove((set, Key(key, keyEnd, false))), $"{set} has it not");
    }

    public void RemoveUnused(TableSet set, ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd = default)
    {
        var (keyCopy, endCopy) = (key.ToArray(), keyEnd.ToArray());
        unused.Add(() => Remove(set, keyCopy, endCopy));
    }

    public void Flush(TableSet set)
    {
        foreach (var key in Elements.Keys.Where(k => k.Set == set).ToArray())
            Elements.Remove(key);
    }

    public void RemoveUnused(FanOut chain) => unused.Add(() =>
    {
        Assert.DoesNotContain(Elements.Values, v => v.Contains($" {chain.ChainName} ", StringComparison.Ordinal));
        Assert.True(Chains.Remove(chain.ChainName));
    });

    public void EndPart()
    {
    }

    /// <summary>The plan is whole: what is unused goes.</summary>
    public void Commit()
    {
        unused.ForEach(u => u());
        unused.Clear();
    }

    private static string Key(ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd, bool isEnd) =>
        $"{Convert.ToHexString(key)}-{Convert.ToHexString(keyEnd)}{(isEnd ? " end" : "")}";
}
