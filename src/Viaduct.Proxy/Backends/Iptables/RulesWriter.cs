using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>Writes edits, all at once or, when something is refused, in parts until it is clear what.</summary>
internal sealed class RulesWriter(IptablesPrograms programs, Action<ServicePortName, string> refuse, Action<int> committed)
{
    // The time of iptables-nft-restore grows with the square of what it is given: 2,000 Services with 10 endpoints take 4.7 s at once, 1.2 s in parts (docs/performance.md).
    // iptables-legacy-restore gives the kernel the whole table each time.
    private const int RulesAtOnceForNft = 5_000;

    /// <summary>Rules that were written or removed.</summary>
    public int Rules { get; private set; }

    /// <summary>Runs of iptables-restore that changed something.</summary>
    public int Restores { get; private set; }

    /// <summary>Writes in one restore; very many edits for iptables-nft in several, each Service whole.</summary>
    public async Task WriteAsync(IReadOnlyList<RulesEdit> edits)
    {
        foreach (var part in Parts(edits))
            await RestoreAsync(new RestoreScript(part), part);
    }

    /// <summary>
    /// Writes table by table. Of edits that are refused together each half is tried again; a Service port whose edit is refused alone is reported.
    /// True if any was: something of it may then be there.
    /// </summary>
    public async Task<bool> WriteCarefullyAsync(IReadOnlyList<RulesEdit> edits)
    {
        var refused = new HashSet<ServicePortName>();
        foreach (var table in Enum.GetValues<IptablesTable>())
            await WritePartAsync(table, [.. edits.Where(e => e.Port is not { } port || !refused.Contains(port))], refused);
        return refused.Count > 0;
    }

    private async Task WritePartAsync(IptablesTable table, List<RulesEdit> edits, HashSet<ServicePortName> refused)
    {
        while (edits.Count > 0)
        {
            var script = new RestoreScript(edits, table);
            try
            {
                await RestoreAsync(script, edits);
                return;
            }
            catch (RestoreRefusedException e)
            {
                var blamed = edits.Count == 1 ? edits[0] : e.Line is { } line ? script.EditOf(line) : null;
                if (blamed is { Port: null } && edits.Contains(blamed))
                    throw new IptablesException($"iptables refused rules that every Service needs: {e.Message}.", e);
                if (blamed?.Port is not { } port)
                {
                    await WritePartAsync(table, edits[..(edits.Count / 2)], refused);
                    edits = edits[(edits.Count / 2)..];
                    continue;
                }

                refuse(port, e.Message);
                refused.Add(port);
                edits.Remove(blamed);
            }
        }
    }

    private IEnumerable<List<RulesEdit>> Parts(IReadOnlyList<RulesEdit> edits)
    {
        var (part, rules) = (new List<RulesEdit>(), 0);
        foreach (var edit in edits)
        {
            if (programs.Variant == IptablesVariant.Nft && part.Count > 0 && rules + edit.Rules > RulesAtOnceForNft)
            {
                yield return part;
                (part, rules) = ([], 0);
            }

            part.Add(edit);
            rules += edit.Rules;
        }

        yield return part;
    }

    private async Task RestoreAsync(RestoreScript script, IReadOnlyList<RulesEdit> edits)
    {
        if (script.IsEmpty)
            return;
        await programs.RestoreAsync(script.ToBytes());
        committed(script.Tables);
        Restores++;
        Rules += edits.Sum(e => e.Rules);
    }
}
