using System.Collections.Immutable;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// Finds the elements that lead from what is installed to what is desired. What a plan costs depends on the change, not on the table.
/// </summary>
internal sealed class TablePlanner(InstalledTable table, TableLayout layout, ITableEdit edit, Func<ServicePortState, bool>? isRefused = null, IFrontendObserver? observer = null)
{
    private readonly FrontendPlanner frontends = new(table, edit, observer);

    private IPFamily Family => layout.Options.Family;

    /// <summary>Plans a change.</summary>
    public void Plan(ProxyChange change, ProxyState desired)
    {
        foreach (var frontend in change.Frontends)
            Plan(frontend, desired);
        if (change.ServiceCidrsChanged)
            PlanServiceCidrs(desired);
        RemoveUnused();
        edit.EndPart();
    }

    /// <summary>Plans the whole difference, for a table that was read from the kernel.</summary>
    public void Reconcile(ProxyState desired)
    {
        PlanRanges(TableSet.NodePortAddresses, table.NodePortAddresses, layout.NodePortAddresses);
        table.NodePortAddresses = layout.NodePortAddresses;
        foreach (var (set, key, keyEnd) in table.Strays)
            edit.Remove(set, key, keyEnd);
        table.Strays.Clear();
        foreach (var frontend in table.Frontends.Keys.Where(f => !desired.Claims.ContainsKey(f)).ToArray())
            Plan(frontend, desired);
        foreach (var (frontend, _) in desired.Claims)
            Plan(frontend, desired);
        PlanServiceCidrs(desired);
        table.AffinityIds.ReleaseUnused();
        table.ClusterIPs.ReleaseUnused();
        table.Hairpins.ReleaseUnused();
        table.AffinityTargets.ReleaseUnused();
        table.FanOuts.ReleaseUnused();
        RemoveUnused();
        edit.EndPart();
    }

    private void Plan(Frontend frontend, ProxyState desired)
    {
        var claim = desired.Serving(frontend, isRefused);
        observer?.Begin(frontend, claim?.Port.Name);
        if (claim is not { } serving)
            frontends.Plan(frontend, FrontendSpec.Nothing);
        else if (isRefused?.Invoke(serving.Port) == true)
            frontends.Keep(frontend, serving.Port.Name);
        else
            frontends.Plan(frontend, FrontendSpec.Of(frontend, serving.Port, serving.Role, Family));
    }

    private void PlanServiceCidrs(ProxyState desired)
    {
        var ranges = AddressRange.Of(desired.ServiceCidrs, Family);
        PlanRanges(TableSet.ServiceCidrs, table.ServiceCidrs, ranges);
        table.ServiceCidrs = ranges;
    }

    private void PlanRanges(TableSet set, ImmutableArray<AddressRange>? before, ImmutableArray<AddressRange> after)
    {
        if (before is { } known && known.AsSpan().SequenceEqual(after.AsSpan()))
            return;
        edit.Flush(set);
        Span<byte> key = stackalloc byte[TableKeys.MaxLength];
        foreach (var range in after)
        {
            edit.Add(set, new NftElementView(key[..range.First.WriteTo(key)]));
            if (range.End is { } end)
                edit.Add(set, new NftElementView(key[..end.WriteTo(key)]) { IsIntervalEnd = true });
        }
    }

    private void RemoveUnused()
    {
        Span<byte> key = stackalloc byte[TableKeys.MaxLength];
        foreach (var address in table.ClusterIPs.TakeUnused())
            edit.RemoveUnused(TableSet.ClusterIPs, key[..address.WriteTo(key)]);
        foreach (var address in table.Hairpins.TakeUnused())
            edit.RemoveUnused(TableSet.Hairpin, key[..TableKeys.WritePair(key, address)]);
        foreach (var target in table.AffinityTargets.TakeUnused())
            edit.RemoveUnused(target.Set, key[..TableKeys.Write(key, target)]);
        foreach (var fanOut in table.FanOuts.TakeUnused())
            edit.RemoveUnused(fanOut);
    }
}
