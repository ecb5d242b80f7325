using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// Serves one IP family through the table <c>ip viaduct</c> or <c>ip6 viaduct</c>, whose maps hold the Services: a change is a few elements,
/// whatever the number of Services. A restart reads the maps back and writes only the difference; no packet ever sees an empty table.
/// </summary>
public sealed class NftablesBackend : IProxyBackend
{
    // As root a batch may have any size. An ordinary user's socket takes twice net.core.wmem_max, usually 400 KB; half of that, for a part may
    // be large. A batch should not be too large, for the kernel's lock on the ruleset is held for all of it.
    private const int LargeBatch = 1_000_000, SmallBatch = 200_000;

    // From there on the kernel's notifications cost more than the changes.
    private const int LargeEnoughToPause = 20_000;

    private readonly NftClient nft;
    private readonly TableLayout layout;
    private readonly ForeignEdits foreignEdits;
    private readonly Quarantine quarantine = new();
    private LoopbackRouting? loopback;
    private InstalledTable? installed;
    private int batchSizeLimit = LargeBatch;

    /// <summary>Serves the network namespace of the clients, and disposes of them at its end.</summary>
    /// <param name="nft">The node's rules.</param>
    /// <param name="options">What the constant rules depend on.</param>
    /// <param name="monitor">Tells of foreign edits; without one they are not noticed.</param>
    /// <param name="commits">What all families of this namespace have in common; null: this is the only one.</param>
    public NftablesBackend(NftClient nft, BackendOptions options, NftMonitor? monitor = null, OwnCommits? commits = null)
        : this(nft, new TableLayout(options), monitor, commits)
    {
    }

    internal NftablesBackend(NftClient nft, TableLayout layout, NftMonitor? monitor = null, OwnCommits? commits = null)
    {
        this.nft = nft;
        this.layout = layout;
        foreignEdits = new ForeignEdits(nft, monitor, layout.Table, commits ?? new());
    }

    /// <summary>
    /// For the calling thread's network namespace. Where the kernel has br_netfilter, the node must set
    /// <c>net.bridge.bridge-nf-call-iptables</c> to 1 and hairpin mode on the bridge's ports. Node ports on the loopback address
    /// set <c>net.ipv4.conf.all.route_localnet</c> as long as they are served.
    /// </summary>
    /// <param name="options">What the constant rules depend on.</param>
    /// <param name="commits">What all families of this namespace have in common; null: this is the only one.</param>
    public static NftablesBackend Open(BackendOptions options, OwnCommits? commits = null)
    {
        var (nft, table) = (new NftClient(), TableLayout.TableOf(options.Family));
        var known = options with { RouteLocalnetWasOn = options.OpensLoopback && LoopbackRouting.WasOn(nft, table) };
        return new(nft, known, new NftMonitor(), commits)
        {
            loopback = options.Family == IPFamily.IPv4 ? new LoopbackRouting(NetNamespace.OpenCurrent(), table, options.OpensLoopback) : null,
        };
    }

    /// <summary>What this kernel lacks, a sentence each; nothing if it can serve. For the calling thread's network namespace.</summary>
    public static IReadOnlyList<string> FindMissingFeatures(IPFamily family)
    {
        using var client = new NftClient();
        return KernelProbe.FindMissing(client, family);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreignEdits.Dispose();
        loopback?.Dispose();
        nft.Dispose();
    }

    /// <inheritdoc/>
    public Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation) =>
        Task.FromResult(Apply(change, desired));

    /// <inheritdoc/>
    public Task WaitForForeignEditAsync(CancellationToken cancellation) => foreignEdits.WaitAsync(cancellation);

    /// <summary>Removes a family's table from the calling thread's network namespace if it is there: nothing is served any more.</summary>
    /// <param name="family">The family.</param>
    /// <param name="keepsRouteLocalnet">Whether another mode, with a guard of its own, needs the setting that this one made.</param>
    public static void Remove(IPFamily family, bool keepsRouteLocalnet = false)
    {
        var table = TableLayout.TableOf(family);
        if (family == IPFamily.IPv4 && !keepsRouteLocalnet)
        {
            using var nft = new NftClient();
            LoopbackRouting.GiveBack(nft, table);
        }

        TableRemoval.Remove(table);
    }

    private ProxyReport Apply(ProxyChange change, ProxyState desired)
    {
        quarantine.Update(desired);
        while (true)
        {
            var known = foreignEdits.Seen ? null : installed;
            // Until everything is committed, what is installed is unknown: after an exception the next try reads it.
            installed = null;
            var application = new TableApplication(nft, layout, quarantine, Commit) { BatchSizeLimit = batchSizeLimit };
            try
            {
                return known is null ? ApplyAll(application, desired) : Finish(application, application.Apply(known, change, desired), isFull: false);
            }
            catch (NetlinkException e) when (e.Errno == Errno.EMSGSIZE && batchSizeLimit > SmallBatch)
            {
                batchSizeLimit = SmallBatch;
            }
            catch (NetlinkException e) when (IsRefusal(e) && (known is not null || quarantine.Blame(e, application.PortsOfBatch, desired)))
            {
                // Read and write again: somebody may have removed what a change was based on, and a refused port is left out.
            }
        }
    }

    private ProxyReport ApplyAll(TableApplication application, ProxyState desired)
    {
        foreignEdits.Acknowledge();
        loopback?.BeforeWrite(nft);
        var table = application.ApplyAll(desired);
        loopback?.AfterWrite();
        return Finish(application, table, isFull: true);
    }

    private ProxyReport Finish(TableApplication application, InstalledTable table, bool isFull)
    {
        installed = table;
        quarantine.Acquit();
        return new ProxyReport(application.Elements, application.Transactions) { IsFull = isFull, Refused = quarantine.Problems, RefusedPorts = quarantine.Names };
    }

    private static bool IsRefusal(NetlinkException e) => !e.IsTransient && !e.IsPermissionDenied;

    private void Commit(NftBatch batch) => foreignEdits.Commit(batch, isLarge: batch.SizeHint >= LargeEnoughToPause);
}
