using System.Collections.Immutable;
using System.Net;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// The elements of all maps and sets of the table, whatever they are: what the reader found, or, in tests, what plans made.
/// </summary>
internal sealed class TableContents
{
    public Dictionary<Frontend, FrontendVerdict> Verdicts { get; } = [];

    public Dictionary<(Frontend Frontend, int Slot), EndpointAddress> Endpoints { get; } = [];

    public HashSet<IPAddress> ClusterIPs { get; } = [];

    public HashSet<Frontend> NodePorts { get; } = [];

    public HashSet<IPAddress> Hairpins { get; } = [];

    public HashSet<FanOut> FanOuts { get; } = [];

    public static TableContents Of(InstalledState installed)
    {
        var contents = new TableContents();
        foreach (var (frontend, value) in installed.Frontends)
        {
            if (frontend.IsNodePort)
                contents.NodePorts.Add(frontend);
            if (TablePlanner.VerdictOf(value) is { } verdict)
                contents.Verdicts.Add(frontend, verdict);
            for (var slot = 0; slot < value.Slots.Length; slot++)
                contents.Endpoints.Add((frontend, slot), value.Slots[slot]);
        }

        contents.ClusterIPs.UnionWith(installed.ClusterIPs.Keys);
        contents.Hairpins.UnionWith(installed.Targets.Keys);
        contents.FanOuts.UnionWith(installed.FanOuts.Keys);
        return contents;
    }

    /// <summary>The endpoints by frontend, in order of slot; gaps are closed, for they serve nobody.</summary>
    public Dictionary<Frontend, ImmutableArray<EndpointAddress>> Slots() =>
        Endpoints.GroupBy(e => e.Key.Frontend).ToDictionary(g => g.Key, g => g.OrderBy(e => e.Key.Slot).Select(e => e.Value).ToImmutableArray());

    /// <summary>The plan that turns these contents into <paramref name="desired"/>.</summary>
    public TablePlan PlanTo(TableContents desired)
    {
        var plan = new TablePlan();
        Difference(ClusterIPs, desired.ClusterIPs, plan.AddedClusterIPs, plan.RemovedClusterIPs);
        Difference(NodePorts, desired.NodePorts, plan.AddedNodePorts, plan.RemovedNodePorts);
        Difference(Hairpins, desired.Hairpins, plan.AddedHairpins, plan.RemovedHairpins);
        Difference(FanOuts, desired.FanOuts, plan.AddedFanOuts, plan.RemovedFanOuts);
        var changes = new Dictionary<Frontend, FrontendPlan>();
        foreach (var frontend in Verdicts.Keys.Union(desired.Verdicts.Keys))
        {
            FrontendVerdict? before = Verdicts.TryGetValue(frontend, out var b) ? b : null;
            FrontendVerdict? after = desired.Verdicts.TryGetValue(frontend, out var a) ? a : null;
            if (before != after)
                changes[frontend] = new FrontendPlan(frontend) { RemovedVerdict = before, AddedVerdict = after };
        }

        foreach (var (key, target) in Endpoints.Except(desired.Endpoints))
            Change(changes, key.Frontend).RemovedSlots.Add((key.Slot, target));
        foreach (var (key, target) in desired.Endpoints.Except(Endpoints))
            Change(changes, key.Frontend).AddedSlots.Add((key.Slot, target));
        plan.Frontends.AddRange(changes.Values);
        return plan;
    }

    /// <summary>Does what the kernel would do with the plan, and refuses what it would refuse: doubles, missing elements and missing chains.</summary>
    public void Apply(TablePlan plan)
    {
        Add(FanOuts, plan.AddedFanOuts);
        foreach (var change in plan.Frontends)
            Apply(change);
        Add(ClusterIPs, plan.AddedClusterIPs);
        Remove(ClusterIPs, plan.RemovedClusterIPs);
        Add(NodePorts, plan.AddedNodePorts);
        Remove(NodePorts, plan.RemovedNodePorts);
        Add(Hairpins, plan.AddedHairpins);
        Remove(Hairpins, plan.RemovedHairpins);
        Remove(FanOuts, plan.RemovedFanOuts);
        if (Verdicts.FirstOrDefault(v => !FanOuts.Contains(new FanOut(v.Key.IsNodePort, v.Value.Endpoints))) is { Value.Endpoints: > 0 } orphan)
            throw new InvalidOperationException($"{orphan.Key} leads to a chain for {orphan.Value.Endpoints} endpoints, which is not there.");
    }

    private void Apply(FrontendPlan change)
    {
        if (change.RemovedVerdict is not null && !Verdicts.Remove(change.Frontend))
            throw new InvalidOperationException($"{change.Frontend} is removed but was not there.");
        foreach (var (slot, target) in change.RemovedSlots)
        {
            if (!Endpoints.Remove((change.Frontend, slot), out var was) || was != target)
                throw new InvalidOperationException($"Slot {slot} of {change.Frontend} with {target} is removed but was not there.");
        }

        foreach (var (slot, target) in change.AddedSlots)
            Endpoints.Add((change.Frontend, slot), target);
        if (change.AddedVerdict is { } verdict)
            Verdicts.Add(change.Frontend, verdict);
    }

    private static FrontendPlan Change(Dictionary<Frontend, FrontendPlan> changes, Frontend frontend) =>
        changes.TryGetValue(frontend, out var change) ? change : changes[frontend] = new FrontendPlan(frontend);

    private static void Difference<T>(HashSet<T> before, HashSet<T> after, List<T> added, List<T> removed)
    {
        added.AddRange(after.Except(before));
        removed.AddRange(before.Except(after));
    }

    private static void Add<T>(HashSet<T> set, List<T> items)
    {
        foreach (var item in items)
        {
            if (!set.Add(item))
                throw new InvalidOperationException($"{item} is added but was there.");
        }
    }

    private static void Remove<T>(HashSet<T> set, List<T> items)
    {
        foreach (var item in items)
        {
            if (!set.Remove(item))
                throw new InvalidOperationException($"{item} is removed but was not there.");
        }
    }
}
