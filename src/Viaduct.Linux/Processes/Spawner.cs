using System.Collections;
using System.Runtime.InteropServices;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>Starts a process from a thread that stands in the right namespaces; the child inherits them from it.</summary>
internal static class Spawner
{
    public static int Spawn(ProcessSpec spec) =>
        spec is { NetNamespace: null, NewPidNamespace: false, NewMountNamespace: false, NewUtsNamespace: false, JoinProcess: null }
            ? SpawnFrom(spec)
            : NetNamespace.OnNewThread(() => SpawnFrom(spec));

    // Descriptors are opened first: in another mount namespace /proc shows another pid namespace. The joined process is held by a pidfd and never
    // looked for in /proc, which may show an outer pid namespace with other numbers.
    private static int SpawnFrom(ProcessSpec spec)
    {
        using var ownPidNamespace = OpenOwnPidNamespace();
        using var joined = spec.JoinProcess is { } id ? OpenProcess(id) : null;
        EnterNamespaces(spec);
        if (joined is not null)
            Join(joined, spec);
        return SpawnHere(spec, ownPidNamespace, joined);
    }

    // A thread's user namespace cannot change, the others can; a new pid namespace is for the next child only and is left to the last step.
    private static void EnterNamespaces(ProcessSpec spec)
    {
        var flags = (spec.NewMountNamespace ? Libc.CLONE_NEWNS : 0) | (spec.NewUtsNamespace ? Libc.CLONE_NEWUTS : 0);
        if (flags != 0)
            LinuxException.ThrowIfFailed(Libc.unshare(flags), $"creating namespaces for {spec.Path}", "It needs CAP_SYS_ADMIN: be root, or run inside a user namespace.");
        if (spec.NewMountNamespace)
            Mounts.MakePrivate();
        spec.NetNamespace?.Enter();
    }

    // A thread that shares its root and working directory with others may not change its mount namespace (mntns_install).
    private static void Join(DescriptorHandle pidfd, ProcessSpec spec)
    {
        LinuxException.ThrowIfFailed(Libc.unshare(Libc.CLONE_FS), "leaving the shared working directory");
        LinuxException.ThrowIfFailed(
            Libc.setns(pidfd, Libc.CLONE_NEWNS | Libc.CLONE_NEWUTS | Libc.CLONE_NEWNET),
            $"entering the namespaces of process {spec.JoinProcess}",
            "It needs CAP_SYS_ADMIN in the user namespace that owns them.");
    }

    private static int SpawnHere(ProcessSpec spec, DescriptorHandle ownPidNamespace, DescriptorHandle? joined)
    {
        using var arguments = new NativeStringArray([spec.Path, .. spec.Arguments]);
        using var environment = new NativeStringArray([.. EnvironmentOf(spec)]);
        var request = new SpawnRequest(
            spec.Path, spec.WorkingDirectory, Number(spec.StandardInput), Number(spec.StandardOutput), Number(spec.StandardError), spec.NewPidNamespace,
            joined is null ? -1 : (int)joined.DangerousGetHandle(), spec.Terminal);
        var errno = Libc.SpawnInNewSession(request, arguments, environment, ownPidNamespace, out var id);
        GC.KeepAlive(spec);
        return errno == 0 ? id : throw new LinuxException($"starting {spec.Path}{(spec.WorkingDirectory is { } directory ? $" in {directory}" : "")}", errno, Advice(errno, spec));
    }

    private static DescriptorHandle OpenOwnPidNamespace()
    {
        var handle = Libc.open("/proc/thread-self/ns/pid", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        return handle.IsInvalid ? throw LinuxException.Last("opening the own pid namespace") : handle;
    }

    private static DescriptorHandle OpenProcess(int id)
    {
        var pidfd = Libc.pidfd_open(id);
        return pidfd.IsInvalid ? throw LinuxException.Last($"opening process {id}") : pidfd;
    }

    private static int Number(SafeHandle? handle) => handle is null ? -1 : (int)handle.DangerousGetHandle();

    private static IEnumerable<string> EnvironmentOf(ProcessSpec spec) => spec.Environment is { } given
        ? given.Select(pair => $"{pair.Key}={pair.Value}")
        : Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}");

    private static string? Advice(int errno, ProcessSpec spec) => errno switch
    {
        Errno.ENOENT when spec.WorkingDirectory is { } directory && !Directory.Exists(directory) => "The working directory does not exist.",
        Errno.ENOENT => "There is no such program.",
        Errno.EACCES => "The program is not executable.",
        Errno.EPERM when spec.NewPidNamespace => "A new pid namespace needs CAP_SYS_ADMIN: be root, or run inside a user namespace.",
        _ => null,
    };
}
