using System.Runtime;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Conntrack;
using Viaduct.Proxy.Flows;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Watching;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Proxy;

/// <summary>
/// The proxy of one node: follows Services and EndpointSlices and has a backend for each IP family serve them. Nothing is written before
/// both are known whole. The families are independent: one whose backend fails does not stop the other.
/// </summary>
public sealed class ServiceProxy
{
    private readonly Reflector<Service> services;
    private readonly Reflector<EndpointSlice> slices;
    private readonly Reflector<ServiceCIDR> serviceCidrs;
    private readonly Reflector<KubeNode> node;
    private readonly List<FamilyProxy> families;

    /// <param name="api">Where the objects are.</param>
    /// <param name="backends">Who serves each family; a family without a backend is not served.</param>
    /// <param name="options">The node.</param>
    /// <param name="log">For people.</param>
    /// <param name="observer">For metrics, health and Events; null when nobody looks.</param>
    /// <param name="conntrack">
    /// The node's tracked flows, of which UDP ones to endpoints that left are ended; null leaves them alone. Dispose of it after the end.
    /// </param>
    public ServiceProxy(
        IKubeApi api, IReadOnlyDictionary<IPFamily, IProxyBackend> backends, ProxyOptions options, ILogger log, IProxyObserver? observer = null, ConntrackClient? conntrack = null)
    {
        observer ??= NoObserver.Instance;
        var start = DateTimeOffset.UtcNow;
        families = [.. backends.OrderBy(b => b.Key).Select(b => NewFamily(b.Key, b.Value, conntrack, options, start, observer, log))];
        var ours = new ListQuery { LabelSelector = Ownership.LabelSelector };
        services = new(api, ours with { FieldSelector = "spec.clusterIP!=None" }, new ServiceConsumer(families, observer), log) { FieldSelectorIsOptional = true };
        slices = new(api, ours, new SliceConsumer(families, observer), log);
        serviceCidrs = new(api, ours, new ServiceCidrConsumer(families), log) { IsOptional = true };
        node = new(api, new ListQuery { FieldSelector = $"metadata.name={options.NodeName}" }, new NodeConsumer(families, observer), log);
    }

    /// <summary>Completes when the first whole state is served in every family.</summary>
    public Task Ready => Task.WhenAll(families.Select(f => f.Ready));

    /// <summary>What a family's backend was told last to serve; null for a family that is not served.</summary>
    public ProxyState? State(IPFamily family) => families.Find(f => f.Family == family)?.State;

    /// <summary>Since when the oldest change of a family waits that the kernel does not have yet; null when it has all.</summary>
    public DateTimeOffset? WaitingSince(IPFamily family) => families.Find(f => f.Family == family)?.WaitingSince;

    /// <summary>Runs until cancelled. What is served then stays served: connections outlive a restart of the proxy.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Func<CancellationToken, Task>[] parts =
            [services.RunAsync, slices.RunAsync, serviceCidrs.RunAsync, node.RunAsync, CompactAsync, .. families.Select(f => (Func<CancellationToken, Task>)(c => ServeAsync(f, c)))];
        await Task.WhenAll(parts.Select(part => UntilFirstFailure(part, stop)));
    }

    private static FamilyProxy NewFamily(
        IPFamily family, IProxyBackend backend, ConntrackClient? conntrack, ProxyOptions options, DateTimeOffset start, IProxyObserver observer, ILogger log)
    {
        var address = options.NodeAddresses.FirstOrDefault(a => a.AddressFamily == family.ToAddressFamily());
        var tracker = new ServiceTracker(family, options.NodeName, address is null ? default : PackedAddress.From(address), start);
        var staleFlows = conntrack is null || !backend.UsesConntrack ? null : new StaleFlows(conntrack, family, observer, log);
        return new FamilyProxy(family, tracker, backend, staleFlows, options.MinSyncPeriod, observer, log, options.Time);
    }

    private static async Task UntilFirstFailure(Func<CancellationToken, Task> run, CancellationTokenSource stop)
    {
        try
        {
            await run(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop, or another part failed and its exception is the one to be told.
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task ServeAsync(FamilyProxy family, CancellationToken cancellation)
    {
        // Without the node's zone endpoints of other zones would be written first and taken away at once; without the ranges a rule comes
        // later. Neither is worth waiting for when it cannot be had.
        await Task.WhenAll(services.Synced, slices.Synced, node.Attempted, serviceCidrs.Attempted).WaitAsync(cancellation);
        await family.RunAsync(cancellation);
    }

    /// <summary>
    /// Reading the first lists and writing the first state leaves garbage many times the size of what stays, and a proxy allocates so
    /// little afterwards that no collection would give it back for hours. So one is made, once.
    /// </summary>
    private async Task CompactAsync(CancellationToken cancellation)
    {
        await Ready.WaitAsync(cancellation);
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
