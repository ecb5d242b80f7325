using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Files;

/// <summary>Directories that belong to the user who calls. Links are not followed: whoever made one chose where it leads.</summary>
public static class OwnDirectory
{
    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Whether there is a directory at this path that belongs to the user.</summary>
    public static bool Is(string path) => Status(path) is { } status && IsOwn(status);

    /// <summary>Makes a directory that nobody else may enter (mode 0700), unless there is one; false if something else is at its place.</summary>
    public static bool TryCreatePrivate(string path)
    {
        if (Status(path) is null)
            Directory.CreateDirectory(path, OnlyOwner);
        // Looked at in any case: in a directory that everybody may write to, others may have been faster.
        return Status(path) is { } status && IsOwn(status) && (status.stx_mode & ~Libc.S_IFMT) == (int)OnlyOwner;
    }

    private static bool IsOwn(StatxBuffer status) => (status.stx_mode & Libc.S_IFMT) == Libc.S_IFDIR && status.stx_uid == Libc.geteuid();

    private static StatxBuffer? Status(string path)
    {
        if (Libc.statx(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_TYPE | Libc.STATX_MODE | Libc.STATX_UID, out var status) == 0)
            return status;
        var errno = Marshal.GetLastPInvokeError();
        return errno == Errno.ENOENT ? null : throw new LinuxException($"looking at {path}", errno);
    }
}
