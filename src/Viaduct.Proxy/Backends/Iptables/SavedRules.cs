using System.Globalization;
using System.Text.RegularExpressions;
using Viaduct.Proxy.Inspection;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>A rule that is installed.</summary>
/// <param name="Text">What follows "-A CHAIN " in the output of iptables-save.</param>
/// <param name="Traffic">What it matched.</param>
internal sealed record SavedRule(string Text, TrafficCount Traffic);

/// <summary>The rules of the tables that Services need, with their counters, from the output of iptables-save -c.</summary>
internal sealed partial class SavedRules
{
    private readonly Dictionary<ChainId, List<SavedRule>> chains = [];
    private IptablesTable? table;

    /// <summary>The rules of a chain in their order; none if it is not there.</summary>
    public IReadOnlyList<SavedRule> this[ChainId chain] => chains.GetValueOrDefault(chain) ?? [];

    public void Read(string line)
    {
        if (line.StartsWith('*'))
            table = TableNames.Find(line.AsSpan(1));
        else if (table is { } of && Rule().Match(line) is { Success: true } rule)
            Add(new(of, rule.Groups["chain"].Value), new(rule.Groups["text"].Value, new(Number(rule, "packets"), Number(rule, "bytes"))));
    }

    private void Add(ChainId chain, SavedRule rule)
    {
        if (!chains.TryGetValue(chain, out var rules))
            chains[chain] = rules = [];
        rules.Add(rule);
    }

    private static ulong Number(Match rule, string group) => ulong.Parse(rule.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\[(?<packets>\d+):(?<bytes>\d+)\] -A (?<chain>\S+) (?<text>.*)$")]
    private static partial Regex Rule();
}
