using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

/// <summary>The beginning of struct statx of linux/stat.h (its name is the function's, too), the same on every architecture.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
public struct StatxBuffer
{
    public uint stx_mask, stx_blksize;
    public ulong stx_attributes;
    public uint stx_nlink, stx_uid, stx_gid;
    public ushort stx_mode;
}

public static partial class Libc
{
    public const int AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100;
    public const uint STATX_TYPE = 1, STATX_MODE = 2, STATX_UID = 8;
    public const int S_IFMT = 0xf000, S_IFDIR = 0x4000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statx(int dirfd, string path, int flags, uint mask, out StatxBuffer status);
}
