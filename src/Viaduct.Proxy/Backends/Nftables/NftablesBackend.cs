using System.Net;
using Viaduct.Linux.Conntrack;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Sysctls;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// Serves through the table <c>ip viaduct</c>, whose maps hold the Services: a change is a few elements, whatever the number
/// of Services. A restart reads the maps back and writes only the difference; no packet ever sees an empty table.
/// </summary>
public sealed class NftablesBackend : IProxyBackend, IDisposable
{
    // Half of what a socket of an ordinary user takes at most; also bounds how long the kernel's lock on the ruleset is held.
    private const int BatchSizeLimit = 200_000;

    private readonly NftClient nft;
    private readonly ConntrackClient conntrack;
    private readonly TableLayout layout;
    private readonly StaleFlows staleFlows;
    private InstalledState? installed;

    /// <summary>Serves the network namespace of the two clients, and disposes of them at its end.</summary>
    /// <param name="nft">The node's rules.</param>
    /// <param name="conntrack">The node's tracked flows.</param>
    /// <param name="podCidr">Addresses of all pods of the cluster: they reach Services with their own source address.</param>
    /// <param name="bridgeWithoutNetfilter">
    /// The pods' bridge if it does not call iptables, otherwise null. Connections that stay on it then get the node's address.
    /// </param>
    public NftablesBackend(NftClient nft, ConntrackClient conntrack, IPNetwork podCidr, string? bridgeWithoutNetfilter = null)
    {
        this.nft = nft;
        this.conntrack = conntrack;
        staleFlows = new StaleFlows(conntrack);
        layout = new TableLayout(podCidr, bridgeWithoutNetfilter);
    }

    /// <summary>
    /// For the calling thread's network namespace. Where the kernel has br_netfilter, the node must set
    /// <c>net.bridge.bridge-nf-call-iptables</c> to 1 and hairpin mode on the bridge's ports.
    /// </summary>
    /// <param name="podCidr">Addresses of all pods of the cluster.</param>
    /// <param name="bridge">The bridge that the node's pods are on.</param>
    public static NftablesBackend Open(IPNetwork podCidr, string bridge) =>
        new(new NftClient(), new ConntrackClient(), podCidr, Sysctl.Exists("net.bridge.bridge-nf-call-iptables") ? null : bridge);

    /// <inheritdoc/>
    public void Dispose()
    {
        nft.Dispose();
        conntrack.Dispose();
    }

    /// <inheritdoc/>
    public Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation) =>
        Task.FromResult(Apply(change, desired));

    /// <summary>Removes the table: nothing is served any more.</summary>
    public void Remove()
    {
        installed = null;
        nft.Commit(new NftBatch().DestroyTable(TableLayout.Table));
    }

    private ProxyReport Apply(ProxyChange change, ProxyState desired)
    {
        var (plan, after, anew) = Plan(change, desired);
        var batches = new TableWriter(layout, BatchSizeLimit).Write(plan, anew);

        // Until everything is committed, what is installed is unknown: after an exception the next call reads it.
        installed = null;
        foreach (var batch in batches)
            nft.Commit(batch);
        installed = after;
        staleFlows.Note(plan);
        return new ProxyReport(plan.ElementCount, batches.Count, staleFlows.End(after));
    }

    private (TablePlan Plan, InstalledState After, bool Anew) Plan(ProxyChange change, ProxyState desired)
    {
        if (installed is not null)
        {
            var (plan, after) = TablePlanner.Plan(installed, desired, change.Frontends);
            return (plan, after, false);
        }

        var actual = new TableReader(nft, layout).Read();
        var (difference, whole) = TablePlanner.Reconcile(actual ?? new TableContents(), desired);
        return (difference, whole, actual is null);
    }
}
