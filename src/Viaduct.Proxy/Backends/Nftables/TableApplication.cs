using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>One try to bring the kernel's table to a state.</summary>
internal sealed class TableApplication(NftClient nft, TableLayout layout, Quarantine quarantine, Action<NftBatch> commit) : IFrontendObserver
{
    private readonly HashSet<ServicePortName> portsOfBatch = [];
    private TableWriter? writer;

    /// <summary>Bytes after which a batch ends.</summary>
    public required int BatchSizeLimit { get; init; }

    public int Elements => writer?.Elements ?? 0;

    public int Transactions => writer?.Transactions ?? 0;

    /// <summary>The Service ports of the batch that is being written: one of them is to blame when it is refused.</summary>
    public IReadOnlySet<ServicePortName> PortsOfBatch => portsOfBatch;

    /// <summary>Writes a change to a table that is known.</summary>
    public InstalledTable Apply(InstalledTable table, ProxyChange change, ProxyState desired)
    {
        writer = Begin(BatchSizeLimit);
        new TablePlanner(table, layout, writer, quarantine.Has, this).Plan(change, desired);
        writer.Commit();
        return table;
    }

    /// <summary>Reads the table and writes the whole difference.</summary>
    public InstalledTable ApplyAll(ProxyState desired)
    {
        var comparison = new LayoutComparison(nft, layout).Compare();
        var isAnew = !comparison.Exists || comparison.IsAnother;
        // What replaces a table that serves must take effect at once.
        writer = Begin(comparison.IsAnother && BatchSizeLimit > 500_000 ? int.MaxValue : BatchSizeLimit);
        if (isAnew)
            writer.MakeTable();
        var table = isAnew ? new InstalledTable() : new TableReader(nft, layout, f => desired.Serving(f, quarantine.Has)?.Port.Name).Read(comparison.FanOuts);
        if (!isAnew)
            comparison.Repair(writer.Batch);
        // Whoever is blamed must have been alone.
        if (quarantine.HasSuspects)
            writer.Commit();
        new TablePlanner(table, layout, writer, quarantine.Has, this).Reconcile(desired);
        writer.Commit();
        return table;
    }

    void IFrontendObserver.Begin(Frontend frontend, ServicePortName? port)
    {
        // One that is suspected to be refused gets a batch of its own.
        if (port is { } name && quarantine.IsSuspect(name) && !portsOfBatch.Contains(name))
            writer!.Commit();
        if (port is { } owner)
            portsOfBatch.Add(owner);
    }

    void IFrontendObserver.Planned()
    {
        if (portsOfBatch.Count == 1 && quarantine.IsSuspect(portsOfBatch.First()))
            writer!.Commit();
    }

    private TableWriter Begin(int limit) => new(layout, limit, commit, portsOfBatch.Clear);
}
