using System.Collections.Immutable;
using System.Net;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// From what is installed and what is desired to the plan and to what is then installed. Pure; looks at nothing but the
/// frontends it is given.
/// </summary>
internal sealed class TablePlanner
{
    private readonly TablePlan plan = new();
    private readonly ProxyState desired;
    private readonly ImmutableDictionary<Frontend, InstalledFrontend>.Builder frontends;
    private readonly Counter<IPAddress> clusterIPs;
    private readonly Counter<IPAddress> targets;
    private readonly Counter<FanOut> fanOuts;

    private TablePlanner(InstalledState installed, ProxyState desired)
    {
        this.desired = desired;
        frontends = installed.Frontends.ToBuilder();
        clusterIPs = new(installed.ClusterIPs);
        targets = new(installed.Targets);
        fanOuts = new(installed.FanOuts);
    }

    /// <summary>Plans the change of some frontends.</summary>
    public static (TablePlan Plan, InstalledState Installed) Plan(InstalledState installed, ProxyState desired, IEnumerable<Frontend> changed)
    {
        var planner = new TablePlanner(installed, desired);
        foreach (var frontend in changed)
            planner.Replace(frontend, installed.Frontends.GetValueOrDefault(frontend)?.Slots ?? []);
        return planner.Finish();
    }

    /// <summary>
    /// Plans everything from what was read from the kernel, however that came about. Endpoints that are in a slot already
    /// stay there, so that a restart writes only what changed meanwhile.
    /// </summary>
    public static (TablePlan Plan, InstalledState Installed) Reconcile(TableContents actual, ProxyState desired)
    {
        var slots = actual.Slots();
        var planner = new TablePlanner(InstalledState.Empty, desired);
        foreach (var frontend in desired.Claims.Keys)
            planner.Replace(frontend, slots.GetValueOrDefault(frontend, []));
        var installed = planner.Finish().Installed;
        return (actual.PlanTo(TableContents.Of(installed)), installed);
    }

    private void Replace(Frontend frontend, ImmutableArray<EndpointAddress> slotsBefore)
    {
        var before = frontends.GetValueOrDefault(frontend);
        var after = desired.Serving(frontend) is { } port
            ? new InstalledFrontend(port.Name.ToString(), SlotArrangement.Rearrange(slotsBefore, port.Endpoints.Select(e => e.Target)))
            : null;
        var change = Compare(frontend, before, after);
        if (change.ElementCount > 0)
            plan.Frontends.Add(change);
        Count(frontend, before, -1);
        Count(frontend, after, +1);
        if (before is null && after is not null && frontend.IsNodePort)
            plan.AddedNodePorts.Add(frontend);
        if (before is not null && after is null && frontend.IsNodePort)
            plan.RemovedNodePorts.Add(frontend);
        if (after is null)
            frontends.Remove(frontend);
        else
            frontends[frontend] = after;
    }

    private static FrontendPlan Compare(Frontend frontend, InstalledFrontend? before, InstalledFrontend? after)
    {
        var (old, young) = (VerdictOf(before), VerdictOf(after));
        var change = old == young ? new FrontendPlan(frontend) : new FrontendPlan(frontend) { RemovedVerdict = old, AddedVerdict = young };
        var (oldSlots, youngSlots) = (before?.Slots ?? [], after?.Slots ?? []);
        for (var slot = 0; slot < Math.Max(oldSlots.Length, youngSlots.Length); slot++)
        {
            if (slot < oldSlots.Length && slot < youngSlots.Length && oldSlots[slot] == youngSlots[slot])
                continue;
            if (slot < oldSlots.Length)
                change.RemovedSlots.Add((slot, oldSlots[slot]));
            if (slot < youngSlots.Length)
                change.AddedSlots.Add((slot, youngSlots[slot]));
        }

        return change;
    }

    internal static FrontendVerdict? VerdictOf(InstalledFrontend? frontend) =>
        frontend is { Slots.IsEmpty: false } ? new FrontendVerdict(frontend.Slots.Length, frontend.Owner) : null;

    private void Count(Frontend frontend, InstalledFrontend? installed, int by)
    {
        if (installed is null)
            return;
        if (frontend.Address is { } clusterIP)
            clusterIPs.Add(clusterIP, by);
        foreach (var slot in installed.Slots)
            targets.Add(slot.Address, by);
        if (!installed.Slots.IsEmpty)
            fanOuts.Add(new FanOut(frontend.IsNodePort, installed.Slots.Length), by);
    }

    private (TablePlan Plan, InstalledState Installed) Finish()
    {
        var installed = new InstalledState
        {
            Frontends = frontends.ToImmutable(),
            ClusterIPs = clusterIPs.Finish(plan.AddedClusterIPs, plan.RemovedClusterIPs),
            Targets = targets.Finish(plan.AddedHairpins, plan.RemovedHairpins),
            FanOuts = fanOuts.Finish(plan.AddedFanOuts, plan.RemovedFanOuts),
        };
        return (plan, installed);
    }

    /// <summary>How many need each key; what became needed and what no more.</summary>
    private sealed class Counter<T>(ImmutableDictionary<T, int> before)
        where T : notnull
    {
        private readonly Dictionary<T, int> differences = [];

        public void Add(T key, int by) => differences[key] = differences.GetValueOrDefault(key) + by;

        public ImmutableDictionary<T, int> Finish(List<T> added, List<T> removed)
        {
            var after = before.ToBuilder();
            foreach (var (key, difference) in differences.Where(d => d.Value != 0))
            {
                var count = before.GetValueOrDefault(key);
                if (count == 0)
                    added.Add(key);
                if (count + difference == 0)
                {
                    removed.Add(key);
                    after.Remove(key);
                }
                else
                {
                    after[key] = count + difference;
                }
            }

            return after.ToImmutable();
        }
    }
}
