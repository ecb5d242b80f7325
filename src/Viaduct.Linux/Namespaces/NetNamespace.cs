using System.Globalization;
using System.Runtime.ExceptionServices;
using Viaduct.Linux.Native;
using Viaduct.Linux.Processes;
using Viaduct.Linux.Route;

namespace Viaduct.Linux.Namespaces;

/// <summary>
/// A network namespace held by a descriptor. It lives as long as a descriptor, a bind mount, a process or a socket holds it.
/// Threads of a .NET program belong to the runtime, so a namespace is only ever entered by a thread of its own: see <see cref="Run{T}(Func{T})"/>.
/// </summary>
public sealed class NetNamespace : IDisposable
{
    private const string OfCurrentThread = "/proc/thread-self/ns/net";

    private NetNamespace(DescriptorHandle handle) => Handle = handle;

    /// <summary>The namespace's inode number, its identity on this machine: what <c>readlink /proc/PID/ns/net</c> shows.</summary>
    public ulong Inode => ReadInode();

    /// <summary>A path by which other processes reach the namespace while this one holds it, as for <c>nsenter --net=PATH</c>.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{Handle.DangerousGetHandle()}";

    internal DescriptorHandle Handle { get; }

    /// <summary>Makes a new anonymous namespace, its loopback up.</summary>
    public static NetNamespace Create() => OnNewThread(() =>
    {
        LinuxException.ThrowIfFailed(
            Libc.unshare(Libc.CLONE_NEWNET), "creating a network namespace", "It needs CAP_SYS_ADMIN: be root, or run inside a user namespace.");
        using var route = new RouteClient();
        route.SetLink(route.GetLink("lo").Index, new LinkChange { Up = true });
        return OpenCurrent();
    });

    /// <summary>Opens the namespace behind a path such as <c>/proc/PID/ns/net</c> or a bind mount of it.</summary>
    public static NetNamespace Open(string path)
    {
        var handle = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (handle.IsInvalid)
            throw LinuxException.Last($"opening network namespace {path}");
        if (Libc.ioctl(handle, Libc.NS_GET_NSTYPE, 0) == Libc.CLONE_NEWNET)
            return new NetNamespace(handle);
        handle.Dispose();
        throw new LinuxException($"opening network namespace {path}", Errno.EINVAL, "The file is not a network namespace.");
    }

    /// <summary>Opens the namespace of the calling thread.</summary>
    public static NetNamespace OpenCurrent() => Open(OfCurrentThread);

    /// <summary>Gives the namespace a name: makes the file <paramref name="path"/> and mounts the namespace on it.</summary>
    public void BindTo(string path)
    {
        File.Open(path, FileMode.CreateNew, FileAccess.Write).Dispose();
        try
        {
            // A descriptor number is the same for every thread, so the path by number reaches the namespace from any thread.
            Mounts.Mount($"/proc/self/fd/{Handle.DangerousGetHandle()}", path, null, Libc.MS_BIND, null);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Takes the name away again: unmounts and deletes the file. A missing file is fine.</summary>
    public static void Unbind(string path)
    {
        if (!File.Exists(path))
            return;
        Mounts.UnmountIfMounted(path);
        File.Delete(path);
    }

    /// <summary>
    /// Runs <paramref name="action"/> on a dedicated thread inside the namespace and returns its result. Sockets opened there stay in the namespace.
    /// The thread ends afterwards: asynchronous continuations do not run inside. Exceptions come out as they are.
    /// </summary>
    public T Run<T>(Func<T> action) => OnNewThread(() =>
    {
        Enter();
        return action();
    });

    /// <inheritdoc cref="Run{T}(Func{T})"/>
    public void Run(Action action) => Run<object?>(() =>
    {
        action();
        return null;
    });

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    /// <inheritdoc/>
    public override string ToString() => $"net:[{ReadInode()}]";

    /// <summary>Moves the calling thread; only for threads that end soon.</summary>
    internal void Enter()
    {
        if (Libc.setns(Handle, Libc.CLONE_NEWNET) == 0)
            return;
        var failure = LinuxException.Last("entering a network namespace", "It needs CAP_SYS_ADMIN in the user namespace that owns it.");
        // Who is in it already needs no privilege to stay.
        using var current = OpenCurrent();
        if (current.Inode != Inode)
            throw failure;
    }

    internal static T OnNewThread<T>(Func<T> action)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }) { IsBackground = true, Name = "namespace" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    // fdinfo holds "ino:\t4026531840" since Linux 5.14.
    private ulong ReadInode()
    {
        const string Key = "ino:";
        var line = File.ReadLines($"/proc/self/fdinfo/{Handle.DangerousGetHandle()}").First(l => l.StartsWith(Key, StringComparison.Ordinal));
        return ulong.Parse(line.AsSpan(Key.Length).Trim(), CultureInfo.InvariantCulture);
    }
}
