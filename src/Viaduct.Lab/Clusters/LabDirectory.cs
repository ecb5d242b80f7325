using System.Text;
using Viaduct.Cluster.Model;
using Viaduct.Lab.Engine;
using Viaduct.Linux.Files;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;

namespace Viaduct.Lab.Clusters;

/// <summary>
/// The files of one run, below a directory of this user. The kernel drops the lock of a run that ends in whatever way, so each run first removes what those
/// before it left: their mounts of pods' namespaces, and their files.
/// </summary>
internal sealed class LabDirectory : IDisposable
{
    // The path of a unix socket is at most 107 bytes long (unix(7)).
    private static readonly int s_longest = 107 - "/viaduct-lab/12345678/node-1/node-1.sock".Length;

    private static readonly HashSet<string> s_own = [];

    private readonly LockFile held;

    private LabDirectory(string path, LockFile held) => (Path, this.held) = (path, held);

    public string Path { get; }

    /// <summary>A new directory; others that nobody holds any more are removed.</summary>
    /// <exception cref="ExperimentFailedException">What is at its place is not this user's alone.</exception>
    public static LabDirectory Create() => CreateBelow(Place(RuntimeDirectory.Find()));

    internal static LabDirectory CreateBelow(string all)
    {
        if (!OwnDirectory.TryCreatePrivate(all))
            throw new ExperimentFailedException($"{all} must be a directory of this user that nobody else may enter (mode 0700): remove what is there, or set XDG_RUNTIME_DIR to a directory of your own.");
        // A POSIX lock belongs to the process: runs in one process know each other by the list, others by the lock.
        lock (s_own)
        {
            RemoveLeftovers(all);
            while (true)
            {
                var path = System.IO.Path.Combine(all, $"{Guid.NewGuid():n}"[..8]);
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

    /// <summary>The directory of all runs: in the user's own one if there is one and its path leaves room for those of sockets.</summary>
    internal static string Place(string? runtime) =>
        runtime is not null && Encoding.UTF8.GetByteCount(runtime) <= s_longest
            ? System.IO.Path.Combine(runtime, "viaduct-lab")
            : System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"viaduct-lab-{OutsideUser()}");

    // An ordinary user is root here, in a user namespace of its own: user_namespaces(7), "0 1000 1".
    private static string OutsideUser() => File.ReadLines("/proc/self/uid_map").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];

    private static void RemoveLeftovers(string all)
    {
        foreach (var file in Directory.GetFiles(all, "*.lock"))
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
