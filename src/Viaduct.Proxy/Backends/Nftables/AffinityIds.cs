using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// Numbers of the Service ports with session affinity. A port keeps its number, also over a restart: the kernel remembers clients by it.
/// </summary>
internal sealed class AffinityIds
{
    private readonly Dictionary<ServicePortName, (uint Id, int Uses)> ids = [];
    private readonly HashSet<uint> taken = [];
    private readonly Dictionary<string, uint> found = [];
    // All smaller ones are taken.
    private uint next = 1;

    /// <summary>The number of a port, for one more frontend of it.</summary>
    public uint Acquire(ServicePortName port)
    {
        var (id, uses) = ids.GetValueOrDefault(port);
        if (uses == 0)
            id = found.Remove(OwnerComment.Text(port), out var before) ? before : LowestFree();
        taken.Add(id);
        ids[port] = (id, uses + 1);
        return id;
    }

    public void Release(ServicePortName port)
    {
        var (id, uses) = ids[port];
        if (uses > 1)
        {
            ids[port] = (id, uses - 1);
            return;
        }

        ids.Remove(port);
        Free(id);
    }

    /// <summary>The kernel has this number under this owner. Of two owners of a number the first has it.</summary>
    public void Found(string owner, uint id)
    {
        if (id != 0 && !found.ContainsKey(owner) && taken.Add(id))
            found[owner] = id;
    }

    /// <summary>Frees the numbers that were found and that no port has.</summary>
    public void ReleaseUnused()
    {
        foreach (var id in found.Values)
            Free(id);
        found.Clear();
    }

    private uint LowestFree()
    {
        while (taken.Contains(next))
            next++;
        return next;
    }

    private void Free(uint id)
    {
        taken.Remove(id);
        next = Math.Min(next, id);
    }
}
