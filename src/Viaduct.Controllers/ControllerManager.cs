using Microsoft.Extensions.Logging;
using Viaduct.Addressing;
using Viaduct.Controllers.Deployments;
using Viaduct.Controllers.Garbage;
using Viaduct.Controllers.NodeIpam;
using Viaduct.Controllers.ReplicaSets;
using Viaduct.Controllers.Scheduling;
using Viaduct.Controllers.ServiceEndpoints;
using Viaduct.Controllers.Shared;
using Viaduct.Kube.Api;
using Viaduct.Kube.Events;

namespace Viaduct.Controllers;

/// <summary>What the controllers must be told.</summary>
public sealed record ControllerOptions
{
    public IpRanges PodCidr { get; init; } = ClusterPlan.Default.PodCidr;

    /// <summary>Prefix length of each node's block of the IPv4 Pod CIDR.</summary>
    public int NodeMask { get; init; } = ClusterPlan.Default.NodeMask;

    /// <summary>Prefix length of each node's block of the IPv6 Pod CIDR.</summary>
    public int NodeMaskIPv6 { get; init; } = ClusterPlan.Default.NodeMaskIPv6;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>All controllers of the cluster over one shared copy of its objects.</summary>
public static class ControllerManager
{
    /// <summary>Runs until cancelled. A defect in one controller ends all and is thrown.</summary>
    /// <exception cref="AddressingException">The options do not fit together.</exception>
    public static async Task RunAsync(IKubeApi api, ControllerOptions options, ILoggerFactory loggers, CancellationToken cancellation)
    {
        var log = loggers.CreateLogger("Viaduct.Controllers");
        var blocks = new NodeCidrOwners([.. options.PodCidr.Select(p => new NodeCidrAllocator(p, p.IsIPv6() ? options.NodeMaskIPv6 : options.NodeMask))]);
        var cache = new ClusterCache(api, log);
        var events = new EventRecorder(api, "viaduct-controllers", null, log, options.Time);
        Func<CancellationToken, Task>[] controllers =
        [
            new NodeIpamController(api, cache, events, blocks, log).RunAsync,
            new DeploymentController(api, cache, events, log, options.Time).RunAsync,
            new ReplicaSetController(api, cache, events, log, options.Time).RunAsync,
            new SchedulerController(api, cache, events, log, options.Time).RunAsync,
            new ServiceEndpointsController(api, cache, events, log).RunAsync,
            new GarbageCollector(api, cache, log).RunAsync,
            new PodGarbageCollector(api, cache, log).RunAsync,
        ];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var tasks = new List<Task>(cache.Run(stop.Token)) { events.RunAsync(stop.Token) };
        tasks.Add(StartAsync(cache, controllers, stop.Token));
        Log.Running(log, string.Join(' ', blocks.Ranges.Select(r => $"{r.PodCidr} (a /{r.NodeMask} per node)")));
        await AllOrNoneAsync(tasks, stop);
    }

    /// <summary>Nobody decides anything before all copies are complete.</summary>
    private static async Task StartAsync(ClusterCache cache, Func<CancellationToken, Task>[] controllers, CancellationToken cancellation)
    {
        try
        {
            await cache.Synced.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        await Task.WhenAll(controllers.Select(run => Task.Run(() => run(cancellation), CancellationToken.None)));
    }

    private static async Task AllOrNoneAsync(List<Task> tasks, CancellationTokenSource stop)
    {
        try
        {
            await Task.WhenAny(tasks).Unwrap();
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(tasks);
        }
    }
}
