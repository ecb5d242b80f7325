namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>What was found installed. Owners claim what is theirs; what is left belongs to nobody any more.</summary>
internal sealed class FoundRules
{
    /// <summary>Chains with one owner.</summary>
    public Dictionary<ChainId, UInt128> Chains { get; } = [];

    /// <summary>The rules of chains that Services share, and of the kernel's own chains those that lead to ours.</summary>
    public HashSet<ChainLine> Lines { get; } = [];

    /// <summary>Rules that are there twice.</summary>
    public List<ChainLine> Doubles { get; } = [];

    /// <summary>Chains of lines that are there.</summary>
    public HashSet<ChainId> SharedChains { get; } = [];

    /// <summary>Takes out what an owner should have, as far as it is there.</summary>
    public InstalledPort Claim(PortPlan plan)
    {
        var chains = new List<(ChainId, UInt128)>();
        foreach (var chain in plan.Chains)
        {
            if (Chains.Remove(chain.Id, out var digest))
                chains.Add((chain.Id, digest));
        }

        return new InstalledPort([.. chains], [.. plan.Lines.Where(Lines.Remove)]);
    }

    /// <summary>Removes what nobody claimed. What leads from chains of others to others stays.</summary>
    public RulesEdit RemoveRest() => new()
    {
        RemovedLines = [.. Lines.Concat(Doubles).Where(IsOurs)],
        RemovedChains = [.. Chains.Keys],
        After = InstalledPort.Nothing,
    };

    private static bool IsOurs(ChainLine line) => ChainNames.OfLines.Contains(line.Chain) || ChainNames.IsOurs(SaveReader.TargetOf(line.Text));
}
