using System.Collections.Immutable;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>What leads from the rules that an owner has to those it should have.</summary>
internal sealed record RulesEdit
{
    /// <summary>The Service port whose rules these are; null for those of nobody in particular.</summary>
    public ServicePortName? Port { get; init; }

    /// <summary>Chains of lines to make, without any yet.</summary>
    public ImmutableArray<ChainId> MadeChains { get; init; } = [];

    public ImmutableArray<ChainLine> RemovedLines { get; init; } = [];

    /// <summary>Chains to make, or to write anew.</summary>
    public ImmutableArray<ChainSpec> Chains { get; init; } = [];

    public ImmutableArray<ChainLine> AddedLines { get; init; } = [];

    public ImmutableArray<ChainId> RemovedChains { get; init; } = [];

    /// <summary>What the owner has afterwards.</summary>
    public required InstalledPort After { get; init; }

    public bool IsEmpty => MadeChains.IsEmpty && RemovedLines.IsEmpty && Chains.IsEmpty && AddedLines.IsEmpty && RemovedChains.IsEmpty;

    /// <summary>Rules that come or go, as far as their number is known.</summary>
    public int Rules => RemovedLines.Length + Chains.Sum(c => c.Rules.Length) + AddedLines.Length + RemovedChains.Length;

    public static RulesEdit Between(ServicePortName? port, InstalledPort before, PortPlan plan)
    {
        if (before.IsEmpty && plan == PortPlan.Nothing)
            return new() { Port = port, After = before };
        using var digest = new ChainDigest();
        var known = before.Chains.ToDictionary(c => c.Id, c => c.Digest);
        var digests = Array.ConvertAll(plan.Chains.ToArray(), c => (c.Id, Digest: digest.Of(c.Rules)));
        var changed = plan.Chains.Where((c, i) => !known.TryGetValue(c.Id, out var has) || has != digests[i].Digest);
        return new()
        {
            Port = port,
            Chains = [.. changed],
            RemovedChains = [.. known.Keys.Except(plan.Chains.Select(c => c.Id))],
            RemovedLines = [.. before.Lines.Except(plan.Lines)],
            AddedLines = [.. plan.Lines.Except(before.Lines)],
            After = new(digests, plan.Lines),
        };
    }
}
