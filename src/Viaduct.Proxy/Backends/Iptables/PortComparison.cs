using System.Collections.Immutable;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>Lays the rules that a Service port should have beside those that are installed.</summary>
internal static class PortComparison
{
    public static IEnumerable<KernelItem> Items(PortPlan plan, ServicePortName port, SavedRules saved) =>
    [
        .. ChainNames.OfLines.SelectMany(chain => Lines(chain, [.. plan.Lines.Where(l => l.Chain == chain).Select(l => l.Text)], port, saved[chain])),
        .. plan.Chains.SelectMany(chain => Chain(chain.Id, [.. chain.Rules.Select(r => r.ToString())], saved[chain.Id])),
    ];

    // In these every Service has its lines, in any order. A line of this port that it should not have says whose it is in its comment.
    private static IEnumerable<KernelItem> Lines(ChainId chain, ImmutableArray<string> wanted, ServicePortName port, IReadOnlyList<SavedRule> found)
    {
        var ours = found.Where(r => wanted.Contains(r.Text) || r.Text.Contains($"--comment \"{port} ", StringComparison.Ordinal));
        return Rules(chain, wanted, [.. ours]);
    }

    private static IEnumerable<KernelItem> Chain(ChainId chain, ImmutableArray<string> wanted, IReadOnlyList<SavedRule> found)
    {
        foreach (var item in Rules(chain, wanted, found))
            yield return item;
        if (!wanted.SequenceEqual(found.Select(r => r.Text)) && wanted.Order().SequenceEqual(found.Select(r => r.Text).Order()))
            yield return new($"order of {Name(chain)}", "as it stands here", "another");
    }

    private static IEnumerable<KernelItem> Rules(ChainId chain, ImmutableArray<string> wanted, IReadOnlyList<SavedRule> found)
    {
        var left = found.ToList();
        foreach (var text in wanted)
        {
            var at = left.FindIndex(r => r.Text == text);
            yield return new(Name(chain), text, at < 0 ? null : text) { Traffic = at < 0 ? null : left[at].Traffic };
            if (at >= 0)
                left.RemoveAt(at);
        }

        foreach (var extra in left)
            yield return new(Name(chain), null, extra.Text) { Traffic = extra.Traffic };
    }

    private static string Name(ChainId chain) => $"{(chain.Table == IptablesTable.Nat ? "nat" : "filter")} {chain.Name}";
}
