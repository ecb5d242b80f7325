using Viaduct.Cluster.Model;
using Viaduct.Cluster.Nodes;
using Viaduct.Cluster.Underlay;
using Viaduct.Linux.Processes;
using Viaduct.Proxy.Backends;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>The proxy mode of a running cluster: that of each node, and its change on all of them.</summary>
public static class ProxyModeChange
{
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(50), s_patience = TimeSpan.FromSeconds(30);

    /// <summary>The mode of each node; null for one whose process does not answer.</summary>
    public static async Task<IReadOnlyDictionary<string, ProxyMode?>> GetAllAsync(ClusterPaths paths, CancellationToken cancellation)
    {
        var nodes = Nodes(ClusterSpec.Load(paths.Spec));
        var modes = await Task.WhenAll(nodes.Select(node => FindAsync(paths, node, cancellation)));
        return nodes.Zip(modes).ToDictionary(n => n.First, n => n.Second);
    }

    /// <summary>Changes the mode on one node after the other, and for nodes that start later.</summary>
    /// <exception cref="ClusterException">A node cannot; then all have the mode that they had.</exception>
    public static async Task RunAsync(ClusterPaths paths, ProxyMode mode, Action<string> step, CancellationToken cancellation)
    {
        using var held = LockFile.TryAcquire(paths.ProxyModeLock)
            ?? throw new ClusterException($"The proxy mode of cluster \"{paths.Name}\" is being changed by another command; wait for it.");
        var spec = ClusterSpec.Load(paths.Spec);
        await ChangeAllAsync(paths, spec, mode, step, cancellation);
        (spec with { ProxyMode = mode }).Save(paths.Spec);
        // A node that was started again meanwhile read the former mode.
        foreach (var node in Nodes(spec))
            await SettleAsync(paths, node, mode, cancellation);
    }

    /// <summary>One whose process ended meanwhile is started again at once, and answers when it has.</summary>
    private static async Task SettleAsync(ClusterPaths paths, string node, ProxyMode mode, CancellationToken cancellation)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ; await Task.Delay(s_glance, cancellation))
        {
            try
            {
                await ProxyModeClient.ChangeAsync(paths, node, mode, cancellation);
                return;
            }
            catch (NodeAwayException) when (TimeProvider.System.GetElapsedTime(began) < s_patience)
            {
                // Nothing tells when it is back but its answer.
            }
        }
    }

    private static async Task ChangeAllAsync(ClusterPaths paths, ClusterSpec spec, ProxyMode mode, Action<string> step, CancellationToken cancellation)
    {
        var former = new List<(string Node, ProxyMode Mode)>();
        foreach (var node in Nodes(spec))
            former.Add((node, await ProxyModeClient.GetAsync(paths, node, cancellation)));
        try
        {
            foreach (var (node, _) in former.Where(f => f.Mode != mode))
            {
                step($"Changing {node} to {mode.Name()}");
                await ProxyModeClient.ChangeAsync(paths, node, mode, cancellation);
            }
        }
        catch
        {
            foreach (var (node, was) in former)
                await ProxyModeClient.ChangeAsync(paths, node, was, CancellationToken.None);
            throw;
        }
    }

    private static async Task<ProxyMode?> FindAsync(ClusterPaths paths, string node, CancellationToken cancellation)
    {
        try
        {
            return await ProxyModeClient.GetAsync(paths, node, cancellation);
        }
        catch (ClusterException)
        {
            return null;
        }
    }

    private static string[] Nodes(ClusterSpec spec) => [.. UnderlayPlan.From(spec).Nodes.Select(n => n.Name)];
}
