namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>Which generations of nf_tables' rule set this proxy's own writes made. Pure.</summary>
internal sealed class OwnGenerations
{
    // News of a commit comes a moment after it, never after so many writes.
    private const int Kept = 64;

    private readonly Queue<(uint First, uint Count)> writes = [];

    /// <summary>Notes a write; false if there were more commits meanwhile than its own.</summary>
    /// <param name="before">The generation before it.</param>
    /// <param name="after">The generation after it.</param>
    /// <param name="commits">How many commits it made.</param>
    public bool Note(uint before, uint after, int commits)
    {
        // The number wraps.
        var count = unchecked(after - before);
        if (count == 0)
            return true;
        writes.Enqueue((unchecked(before + 1), count));
        if (writes.Count > Kept)
            writes.Dequeue();
        return count <= commits;
    }

    public bool Has(uint generation) => writes.Any(w => unchecked(generation - w.First) < w.Count);
}
