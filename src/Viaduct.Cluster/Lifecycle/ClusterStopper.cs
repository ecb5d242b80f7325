using Viaduct.Cluster.Model;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>Ends a cluster and removes all that it left, in whatever state it is.</summary>
public static class ClusterStopper
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Ends the cluster; false when there was none.</summary>
    public static async Task<bool> StopAsync(ClusterPaths paths, CancellationToken cancellation)
    {
        if (!paths.Exists)
            return false;
        if (LockFile.FindOwner(paths.Lock) is { } supervisor)
            await EndAsync(supervisor, cancellation);
        paths.Remove();
        return true;
    }

    /// <summary>
    /// When the supervisor has ended, so have all processes of its pid namespace: the kernel reports the end of process 1 last
    /// (zap_pid_ns_processes in kernel/pid_namespace.c).
    /// </summary>
    private static async Task EndAsync(int supervisor, CancellationToken cancellation)
    {
        using var process = ProcessHandle.TryOpen(supervisor);
        if (process is null)
            return;
        process.Signal(Signals.Terminate);
        try
        {
            await process.Exited.WaitAsync(Patience, cancellation);
        }
        catch (TimeoutException)
        {
            process.Signal(Signals.Kill);
            await process.Exited.WaitAsync(Patience, cancellation);
        }
    }
}
