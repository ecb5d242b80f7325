using Viaduct.Cluster.Model;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>
/// Starts a cluster: its supervisor, in namespaces of its own, by way of unshare(1). A .NET process has threads, and a
/// process with threads cannot enter a user namespace (user_namespaces(7)), so a small program has to do it for us.
/// </summary>
public static class ClusterStarter
{
    /// <summary>Starts and waits until the control plane serves and the nodes are started.</summary>
    /// <param name="spec">What to start.</param>
    /// <param name="paths">Where its files go.</param>
    /// <param name="step">Told each step, for the person who waits.</param>
    /// <param name="cancellation">Ends the start; nothing stays.</param>
    /// <exception cref="ClusterException">It runs already, or could not start.</exception>
    public static async Task<RunningCluster> StartAsync(ClusterSpec spec, ClusterPaths paths, Action<string> step, CancellationToken cancellation)
    {
        using var starting = StartLock.Take(paths);
        if (LockFile.FindOwner(paths.Lock) is not null)
            throw new ClusterException($"Cluster \"{paths.Name}\" is already running; choose another --name, or end it with: viaduct down --name {paths.Name}");
        ClusterStopper.WaitForLast(paths);
        paths.Remove();
        paths.Create();
        spec.Save(paths.Spec);

        var cluster = Launch(paths);
        try
        {
            await cluster.WaitUntilReadyAsync(step, cancellation);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            paths.Remove();
            throw;
        }
    }

    private static RunningCluster Launch(ClusterPaths paths)
    {
        var (lifelineRead, lifelineWrite) = Pipe.Create();
        var (progressRead, progressWrite) = Pipe.Create();
        using (lifelineRead)
        using (progressWrite)
        using (var log = File.OpenHandle(paths.ProcessesLock, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
        {
            InheritedLock.Take(log);
            var process = ChildProcess.Start(new ProcessSpec
            {
                Path = UnshareProgram.Find(),
                Arguments = Arguments(paths),
                StandardInput = lifelineRead,
                StandardOutput = progressWrite,
                StandardError = log,
            });
            return new RunningCluster(paths, process, lifelineWrite, progressRead);
        }
    }

    /// <summary>--kill-child: if unshare itself is killed, the supervisor goes with it.</summary>
    private static IReadOnlyList<string> Arguments(ClusterPaths paths)
    {
        string[] user = Environment.IsPrivilegedProcess ? [] : ["--user", "--map-root-user"];
        return
        [
            .. user, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--",
            Environment.ProcessPath!, "supervise", paths.RunDirectory, paths.StateDirectory,
        ];
    }
}
