using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;

namespace Viaduct.Lab.Clusters;

/// <summary>
/// The files of one run, below a directory of this user. The kernel drops the lock of a run that ends in whatever way, so each run first removes what those
/// before it left: their mounts of pods' namespaces, and their files.
/// </summary>
internal sealed class LabDirectory : IDisposable
{
    private static readonly string s_all = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"viaduct-lab-{OutsideUser()}");

    private static readonly HashSet<string> s_own = [];

    private readonly LockFile held;

    private LabDirectory(string path, LockFile held) => (Path, this.held) = (path, held);

    public string Path { get; }

    /// <summary>A new directory; others that nobody holds any more are removed.</summary>
    public static LabDirectory Create()
    {
        Directory.CreateDirectory(s_all);
        // A POSIX lock belongs to the process: runs in one process know each other by the list, others by the lock.
        lock (s_own)
        {
            RemoveLeftovers();
            while (true)
            {
                var path = System.IO.Path.Combine(s_all, $"{Guid.NewGuid():n}"[..8]);
                // A run that looks for leftovers may have taken the new file for one.
                if (LockFile.TryAcquire($"{path}.lock") is not { } held)
                    continue;
                Directory.CreateDirectory(path);
                s_own.Add(path);
                return new LabDirectory(path, held);
            }
        }
    }

    public void Dispose()
    {
        lock (s_own)
        {
            Remove(Path);
            s_own.Remove(Path);
            held.Dispose();
        }
    }

    // An ordinary user is root here, in a user namespace of its own: user_namespaces(7), "0 1000 1".
    private static string OutsideUser() => File.ReadLines("/proc/self/uid_map").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];

    private static void RemoveLeftovers()
    {
        foreach (var file in Directory.GetFiles(s_all, "*.lock"))
        {
            var path = file[..^".lock".Length];
            // Opening and closing a file drops the locks that this very process has on it (fcntl(2)): so not those of its own.
            if (s_own.Contains(path) || LockFile.TryAcquire(file) is not { } lockFile)
                continue;
            Remove(path);
            lockFile.Dispose();
        }
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            foreach (var bound in Directory.EnumerateDirectories(path, "netns", SearchOption.AllDirectories).SelectMany(Directory.GetFiles))
                NetNamespace.Unbind(bound);
            Directory.Delete(path, recursive: true);
        }

        File.Delete($"{path}.lock");
    }
}
