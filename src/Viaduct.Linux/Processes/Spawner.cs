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

    // Descriptors are opened first: in another mount namespace /proc may show another pid namespace.
    private static int SpawnFrom(ProcessSpec spec)
    {
        using var ownPidNamespace = OpenPidNamespace("thread-self");
        using var joined = spec.JoinProcess is { } id ? OpenProcess(id) : null;
        EnterNamespaces(spec, joined);
        return SpawnHere(spec, ownPidNamespace, joined);
    }

    // A thread's user namespace cannot change, the others can; a new pid namespace is for the next child only and is left to the last step.
    private static void EnterNamespaces(ProcessSpec spec, DescriptorHandle? joined)
    {
        var flags = (spec.NewMountNamespace ? Libc.CLONE_NEWNS : 0) | (spec.NewUtsNamespace ? Libc.CLONE_NEWUTS : 0);
        if (flags != 0)
            LinuxException.ThrowIfFailed(Libc.unshare(flags), $"creating namespaces for {spec.Path}", "It needs CAP_SYS_ADMIN: be root, or run inside a user namespace.");
        if (spec.NewMountNamespace)
            Mounts.MakePrivate();
        spec.NetNamespace?.Enter();
        if (joined is not null)
            Join(joined, spec);
    }

    // Not /proc/ID/ns: the /proc that is mounted may number processes as another pid namespace than ours does.
    private static DescriptorHandle OpenProcess(int id)
    {
        var pidfd = Libc.pidfd_open(id);
        return pidfd.IsInvalid ? throw LinuxException.Last($"opening process {id}") : pidfd;
    }

    // A thread that shares its root and working directory with others may not change its mount namespace (mntns_install).
    private static void Join(DescriptorHandle process, ProcessSpec spec)
    {
        LinuxException.ThrowIfFailed(Libc.unshare(Libc.CLONE_FS), "leaving the shared working directory");
        LinuxException.ThrowIfFailed(
            Libc.setns(process, Libc.CLONE_NEWNS | Libc.CLONE_NEWUTS | Libc.CLONE_NEWNET),
            $"entering the namespaces of process {spec.JoinProcess}",
            "It needs CAP_SYS_ADMIN in the user namespace that owns them.");
    }

    private static int SpawnHere(ProcessSpec spec, DescriptorHandle ownPidNamespace, DescriptorHandle? joined)
    {
        using var arguments = new NativeStringArray([spec.Path, .. spec.Arguments]);
        using var environment = new NativeStringArray([.. EnvironmentOf(spec)]);
        var request = new SpawnRequest(
            spec.Path, spec.WorkingDirectory, Number(spec.StandardInput), Number(spec.StandardOutput), Number(spec.StandardError), spec.NewPidNamespace,
            joined is null ? -1 : (int)joined.DangerousGetHandle());
        var errno = Libc.SpawnInNewSession(request, arguments, environment, ownPidNamespace, out var id);
        GC.KeepAlive(spec);
        return errno == 0 ? id : throw new LinuxException($"starting {spec.Path}{(spec.WorkingDirectory is { } directory ? $" in {directory}" : "")}", errno, Advice(errno, spec));
    }

    private static DescriptorHandle OpenPidNamespace(string process)
    {
        var handle = Libc.open($"/proc/{process}/ns/pid", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        return handle.IsInvalid ? throw LinuxException.Last($"opening the pid namespace of {process}") : handle;
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
