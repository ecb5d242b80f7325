using Viaduct.Cluster.Model;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>Ends a cluster and removes all that it left, in whatever state it is.</summary>
public static class ClusterStopper
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Ends the cluster; false when there was none.</summary>
    /// <exception cref="ClusterException">It does not end, or is being started.</exception>
    public static bool Stop(ClusterPaths paths)
    {
        if (!paths.Exists)
            return false;
        if (LockFile.FindOwner(paths.Lock) is { } supervisor)
            End(supervisor, paths.Name);
        else
            StartLock.RequireFree(paths);
        paths.Remove();
        return true;
    }

    /// <summary>
    /// When the supervisor has ended, so have all processes of its pid namespace: the kernel reports the end of process 1 last
    /// (zap_pid_ns_processes in kernel/pid_namespace.c).
    /// </summary>
    private static void End(int supervisor, string name)
    {
        using var process = ProcessHandle.TryOpen(supervisor);
        if (process is null)
            return;
        process.Signal(Signals.Terminate);
        if (process.WaitForExit(Patience))
            return;
        process.Signal(Signals.Kill);
        if (!process.WaitForExit(Patience))
            throw new ClusterException($"Cluster \"{name}\" does not end: its supervisor, process {supervisor}, survived SIGKILL for {Patience.TotalSeconds} s.");
    }
}
