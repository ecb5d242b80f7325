using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>Mounts in the calling process's mount namespace.</summary>
public static class Mounts
{
    /// <summary>mount(2); <paramref name="flags"/> are MS_* of <see cref="MountFlags"/>.</summary>
    public static void Mount(string? source, string target, string? type, ulong flags = 0, string? data = null) => LinuxException.ThrowIfFailed(
        Libc.mount(source, target, type, (nuint)flags, data),
        $"mounting {type ?? source} on {target}",
        "It needs CAP_SYS_ADMIN in the user namespace that owns the mount namespace.");

    /// <summary>Unmounts what is mounted last on <paramref name="target"/>; with <paramref name="detach"/> also if it is in use.</summary>
    public static void Unmount(string target, bool detach = false) =>
        LinuxException.ThrowIfFailed(Libc.umount2(target, detach ? Libc.MNT_DETACH : 0), $"unmounting {target}");

    /// <summary>Unmounts <paramref name="target"/> if something is mounted there; tells whether it was.</summary>
    public static bool UnmountIfMounted(string target)
    {
        if (Libc.umount2(target, Libc.MNT_DETACH) == 0)
            return true;
        var errno = Marshal.GetLastPInvokeError();
        // path_umount: EINVAL means "not a mount point".
        return errno is Errno.EINVAL or Errno.ENOENT ? false : throw new LinuxException($"unmounting {target}", errno);
    }

    /// <summary>Stops mounts below <paramref name="target"/> from spreading to and from other mount namespaces. Like <c>mount --make-rprivate</c>.</summary>
    public static void MakePrivate(string target = "/") => Mount(null, target, null, Libc.MS_REC | Libc.MS_PRIVATE);

    /// <summary>Makes <paramref name="target"/> show <paramref name="source"/>. Like <c>mount --bind</c>.</summary>
    public static void Bind(string source, string target) => Mount(source, target, null, Libc.MS_BIND);

    /// <summary>Mounts the calling process's pid namespace on <paramref name="target"/>.</summary>
    public static void MountProc(string target = "/proc") => Mount("proc", target, "proc", Libc.MS_NOSUID | Libc.MS_NODEV | Libc.MS_NOEXEC);
}

/// <summary>MS_* of linux/mount.h.</summary>
public static class MountFlags
{
    /// <summary>MS_RDONLY.</summary>
    public const ulong ReadOnly = Libc.MS_RDONLY;

    /// <summary>MS_NOSUID.</summary>
    public const ulong NoSuid = Libc.MS_NOSUID;

    /// <summary>MS_NODEV.</summary>
    public const ulong NoDev = Libc.MS_NODEV;

    /// <summary>MS_NOEXEC.</summary>
    public const ulong NoExec = Libc.MS_NOEXEC;

    /// <summary>MS_REMOUNT.</summary>
    public const ulong Remount = Libc.MS_REMOUNT;

    /// <summary>MS_BIND.</summary>
    public const ulong Bind = Libc.MS_BIND;

    /// <summary>MS_REC.</summary>
    public const ulong Recursive = Libc.MS_REC;

    /// <summary>MS_PRIVATE.</summary>
    public const ulong Private = Libc.MS_PRIVATE;
}
