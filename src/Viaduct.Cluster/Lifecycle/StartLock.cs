using Viaduct.Cluster.Model;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>
/// Lets one <c>up</c> at a time prepare a cluster's directories: until the supervisor holds its own lock, a second one would take
/// them for what a crash left, and remove them.
/// </summary>
internal sealed class StartLock : IDisposable
{
    private readonly string _path;
    private readonly LockFile _held;

    private StartLock(string path, LockFile held) => (_path, _held) = (path, held);

    /// <exception cref="ClusterException">Another process is starting this cluster.</exception>
    public static StartLock Take(ClusterPaths paths)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(paths.StartLock)!);
        var held = LockFile.TryAcquire(paths.StartLock) ?? throw Busy(paths);
        return new StartLock(paths.StartLock, held);
    }

    /// <exception cref="ClusterException">Another process is starting this cluster.</exception>
    public static void RequireFree(ClusterPaths paths)
    {
        if (LockFile.FindOwner(paths.StartLock) is not null)
            throw Busy(paths);
    }

    /// <summary>Removed while it is held, so that nobody can have taken it in between.</summary>
    public void Dispose()
    {
        File.Delete(_path);
        _held.Dispose();
    }

    private static ClusterException Busy(ClusterPaths paths) =>
        new($"Cluster \"{paths.Name}\" is being started by another viaduct up; wait for it, or choose another --name.");
}
