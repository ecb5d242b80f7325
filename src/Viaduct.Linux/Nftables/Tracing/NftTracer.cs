namespace Viaduct.Linux.Nftables.Tracing;

/// <summary>
/// Says what a table does to the packets of a connection, without the kernel: an oracle for tests and an answer to "why". It follows the hooks in the
/// kernel's order and takes every way that chance leaves open. An expression that it cannot evaluate is an error.
/// </summary>
/// <param name="ruleset">The table.</param>
/// <param name="host">The host that it is on.</param>
public sealed class NftTracer(NftRuleset ruleset, NftHost host)
{
    /// <summary>All that may happen to the packet; the probabilities add up to 1.</summary>
    /// <exception cref="NotSupportedException">A rule on its way has an expression that the tracer does not know.</exception>
    public IReadOnlyList<NftTrace> Trace(NftPacket packet)
    {
        var traces = new List<NftTrace>();
        var choices = new Choices();
        do
        {
            var walk = new HookWalk(ruleset, host, new TracedPacket(packet), choices);
            var outcome = walk.Run();
            traces.Add(walk.ToTrace(outcome, choices.Probability));
        }
        while (choices.MoveNext());
        return traces;
    }

    /// <summary>Makes the changes of a trace, so that later traces find what its packet left in dynamic sets.</summary>
    public void Apply(NftTrace trace)
    {
        foreach (var change in trace.Changes)
        {
            if (change.IsDelete)
                ruleset.Sets[change.Set].Remove(change.Element.Key);
            else
                ruleset.Sets[change.Set].Set(change.Element);
        }
    }
}
