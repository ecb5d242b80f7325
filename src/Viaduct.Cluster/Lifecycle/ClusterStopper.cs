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
        // Opened first: a supervisor that ends in order removes the file.
        using var processes = InheritedLock.Open(paths.ProcessesLock);
        if (LockFile.FindOwner(paths.Lock) is { } supervisor)
            End(supervisor, paths.Name);
        else
            StartLock.RequireFree(paths);
        RequireEnd(processes, paths.Name);
        paths.Remove();
        return true;
    }

    /// <summary>Waits for what a cluster without a supervisor leaves for a moment: the kernel is still ending its processes.</summary>
    /// <exception cref="ClusterException">They do not end.</exception>
    public static void WaitForLast(ClusterPaths paths)
    {
        using var processes = InheritedLock.Open(paths.ProcessesLock);
        RequireEnd(processes, paths.Name);
    }

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

    /// <summary>
    /// The last to hold the lock is unshare(1), which waits for the supervisor, whose end the kernel reports when all processes of its pid namespace have ended
    /// (zap_pid_ns_processes in kernel/pid_namespace.c). The supervisor's own lock goes before that: a process closes its files first.
    /// </summary>
    private static void RequireEnd(InheritedLock? processes, string name)
    {
        if (processes?.WaitUntilFree(Patience) is false)
            throw new ClusterException($"Cluster \"{name}\" does not end: its supervisor is gone, but one of its processes was still there after {Patience.TotalSeconds} s; find it with: pgrep -af viaduct.");
    }
}
