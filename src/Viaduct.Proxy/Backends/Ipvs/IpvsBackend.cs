using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Route;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>
/// Serves one IP family through the kernel's load balancer: a virtual service for each address and port, the addresses on the device kube-ipvs0, and
/// sets for constant iptables rules. A change is a few messages, whatever the number of Services; a restart reads back what is there and
/// writes only the difference.
/// </summary>
public sealed class IpvsBackend : IDrainingBackend, IInspectedBackend
{
    private static readonly TimeSpan s_leavingInterval = TimeSpan.FromMinutes(1);

    private readonly IpvsKernel kernel;
    private readonly BackendOptions options;
    private readonly ILogger log;
    private readonly ITimer leavingTimer;
    private readonly TimeProvider time;
    private readonly PortQuarantine quarantine = new("the kernel");
    // Applications and the look at endpoints that leave, which come from different threads.
    private readonly Lock gate = new();
    private InstalledIpvs? installed;
    private NodeAddressBook? addresses;
    private ImmutableArray<IPNetwork> serviceCidrs = [];
    private bool isDisposed;

    internal IpvsBackend(IpvsKernel kernel, BackendOptions options, ILogger log, TimeProvider time)
    {
        (this.kernel, this.options, this.log, this.time) = (kernel, options, log, time);
        leavingTimer = time.CreateTimer(_ => DeleteLeft(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>For the calling thread's network namespace; nothing is changed before the first application.</summary>
    public static IpvsBackend Open(BackendOptions options, ILogger log) => new(IpvsKernel.Open(options), options, log, TimeProvider.System);

    /// <summary>What this kernel lacks, a sentence; nothing if it can serve.</summary>
    public static IReadOnlyList<string> FindMissingFeatures(IPFamily family, IpvsSettings settings) => IpvsProbe.FindMissing(family, settings);

    /// <summary>Removes what this mode wrote for a family, if anything; for the calling thread's network namespace.</summary>
    public static void Remove(IPFamily family)
    {
        try
        {
            using var kernel = IpvsKernel.Open(new BackendOptions { Family = family });
            kernel.Remove();
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            // A kernel without IPVS has nothing of this mode.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        leavingTimer.Dispose();
        lock (gate)
        {
            isDisposed = true;
            kernel.Dispose();
        }
    }

    /// <inheritdoc/>
    public Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation)
    {
        lock (gate)
            return Task.FromResult(Apply(change, desired));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<KernelItem>> InspectAsync(ProxyState desired, ServicePortState port, CancellationToken cancellation)
    {
        lock (gate)
            return Task.FromResult<IReadOnlyList<KernelItem>>([.. new IpvsComparison(kernel, options).Items(desired, port)]);
    }

    /// <summary>
    /// Notices addresses of the node that come and go, and those of Services that somebody takes away, at once. IPVS, sets and iptables tell of no
    /// change, so whether they were flushed is looked at in each sync period.
    /// </summary>
    public Task WaitForForeignEditAsync(CancellationToken cancellation) =>
        FirstWait.OfAsync(cancellation, WaitForNoticeAsync, WaitForDamageAsync);

    private async Task WaitForDamageAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(options.SyncPeriod, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            lock (gate)
            {
                if (isDisposed || installed is not { } known || (kernel.Has(known) && kernel.HasItsRules()))
                    continue;
                installed = null;
                return;
            }
        }
    }

    private async Task WaitForNoticeAsync(CancellationToken cancellation)
    {
        await foreach (var notice in kernel.Monitor.ReadAsync(cancellation))
        {
            lock (gate)
            {
                if (installed is null || !IsForeign(notice, installed, addresses!))
                    continue;
                installed = null;
                return;
            }
        }
    }

    /// <inheritdoc/>
    public void StopTaking()
    {
        lock (gate)
        {
            installed = null;
            kernel.StopTaking();
        }
    }

    /// <inheritdoc/>
    public async Task WaitForLastConnectionAsync(CancellationToken cancellation)
    {
        // The kernel tells of no end of a connection. None comes any more, so whoever has none is not asked again.
        var busy = Locked(kernel.ReadServed);
        using var glance = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while ((busy.Count > 0 || Locked(kernel.HasConnectionsOfNode)) && await glance.WaitForNextTickAsync(cancellation))
            busy = Locked(() => busy.Where(kernel.HasConnections).ToHashSet());
    }

    /// <summary>Deletes endpoints that left and have no connections any more. Called at once after a change, and then every minute as kube-proxy does.</summary>
    internal void DeleteLeft()
    {
        lock (gate)
        {
            if (isDisposed || installed is not { WithLeaving.Count: > 0 } known)
                return;
            installed = null;
            try
            {
                LeavingEndpoints.Delete(known, kernel, options);
                installed = known;
            }
            catch (NetlinkException e)
            {
                // The next application reads everything anew.
                Log.LeavingFailed(log, e, options.Family);
            }

            Watch(known);
        }
    }

    private bool IsForeign(RouteNotice notice, InstalledIpvs known, NodeAddressBook book)
    {
        if (notice.IsLost)
            return !kernel.ReadNodeAddresses().IsSameAs(book);
        if (notice.Link is { } link)
            return notice.IsRemoval && link.Index == kernel.Device;
        if (notice.Address is not { } info || info.Address.AddressFamily != options.Family.ToAddressFamily())
            return false;
        var address = PackedAddress.From(info.Address);
        return info.LinkIndex == kernel.Device
            ? notice.IsRemoval && known.Addresses.ContainsKey(address)
            : notice.IsRemoval == book.Has(address);
    }

    private T Locked<T>(Func<T> act)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return act();
        }
    }

    private ProxyReport Apply(ProxyChange change, ProxyState desired)
    {
        quarantine.Update(desired);
        var known = installed;
        // Until everything is written, what is installed is unknown: after an exception the next try reads it.
        installed = null;
        if (known is not null)
        {
            try
            {
                return ApplyChange(known, change, desired);
            }
            catch (NetlinkException e) when (!e.IsTransient && !e.IsPermissionDenied)
            {
                // Somebody may have changed what this was based on: read and write again.
                Log.ChangeRefused(log, e, options.Family);
            }
        }

        return ApplyAll(desired);
    }

    private ProxyReport ApplyChange(InstalledIpvs known, ProxyChange change, ProxyState desired)
    {
        var frontends = change.Frontends.Concat(change.Frontends.Where(f => !f.IsNodePort && addresses!.ForNodePorts.Contains(f.Address))
            .Select(f => Frontend.NodePort(f.Protocol, f.Port))).Distinct();
        var edit = Plan(known, frontends, desired, change.ServiceCidrsChanged ? serviceCidrs : desired.ServiceCidrs, out _);
        return Commit(known, edit, desired, isFull: false);
    }

    private ProxyReport ApplyAll(ProxyState desired)
    {
        while (true)
        {
            kernel.Prepare();
            addresses = kernel.ReadNodeAddresses();
            try
            {
                return WriteAll(desired);
            }
            catch (NetlinkException e) when (IsOfAPort(e))
            {
                if (!FindRefused(desired))
                    throw;
            }
        }
    }

    /// <summary>Writes port by port what is missing, so that it is clear whom the kernel refuses. What is left half-made of those goes with the next whole comparison.</summary>
    private bool FindRefused(ProxyState desired)
    {
        var (known, isFound) = (kernel.Read(), false);
        foreach (var port in desired.Claims.Keys.ToLookup(f => desired.Serving(f, quarantine.Has)!.Value.Port))
        {
            try
            {
                kernel.Commit(Plan(known, port, desired, desired.ServiceCidrs, out _));
            }
            catch (NetlinkException e) when (IsOfAPort(e))
            {
                quarantine.Add(port.Key, e.Message);
                isFound = true;
            }
        }

        return isFound;
    }

    // What is gone, or there already, was somebody else's doing.
    private static bool IsOfAPort(NetlinkException e) => !e.IsTransient && !e.IsPermissionDenied && !e.IsNotFound && !e.IsAlreadyExists;

    private ProxyReport WriteAll(ProxyState desired)
    {
        var known = kernel.Read();
        var edit = Plan(known, desired.Claims.Keys, desired, [], out var differ);
        differ.RemoveUnused();
        var report = Commit(known, edit, desired, isFull: true);
        kernel.TakeAgain();
        return report;
    }

    private IpvsEdit Plan(InstalledIpvs known, IEnumerable<Frontend> frontends, ProxyState desired, ImmutableArray<IPNetwork> cidrsBefore, out IpvsDiffer differ)
    {
        var planner = new FrontendPlanner(addresses!, known.Marks, quarantine.Has);
        var edit = new IpvsEdit(options.Family);
        differ = new IpvsDiffer(known, options.Ipvs, edit);
        if (!cidrsBefore.AsSpan().SequenceEqual(desired.ServiceCidrs.AsSpan()))
            differ.ApplyServiceCidrs(cidrsBefore, desired.ServiceCidrs);
        differ.Apply([.. frontends.Select(f => (f, planner.Plan(desired, f)))]);
        return edit;
    }

    private ProxyReport Commit(InstalledIpvs known, IpvsEdit edit, ProxyState desired, bool isFull)
    {
        var steps = kernel.Commit(edit);
        (installed, serviceCidrs) = (known, desired.ServiceCidrs);
        Watch(known);
        return new ProxyReport(edit.Count, steps) { IsFull = isFull, Refused = quarantine.Problems, RefusedPorts = quarantine.Names };
    }

    private void Watch(InstalledIpvs known)
    {
        if (known.WithLeaving.Count > 0)
            leavingTimer.Change(known.WithNewlyLeaving ? TimeSpan.Zero : s_leavingInterval, Timeout.InfiniteTimeSpan);
        known.WithNewlyLeaving = false;
    }
}
