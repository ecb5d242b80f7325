using System.Text;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Sysctls;

/// <summary>
/// Kernel settings below /proc/sys. Those of the network belong to the calling thread's network namespace: call inside <c>NetNamespace.Run</c> for another.
/// A name has dots, as sysctl(8) shows it, or slashes where a part holds a dot: <c>net/ipv4/conf/eth0.1/forwarding</c>.
/// </summary>
public static class Sysctl
{
    /// <summary>The value without the line's end.</summary>
    public static string Read(string name)
    {
        try
        {
            return File.ReadAllText(PathOf(name)).TrimEnd('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Explain($"reading sysctl {name}", e);
        }
    }

    /// <summary>Sets the value unless it is that already.</summary>
    public static void Write(string name, string value)
    {
        if (Read(name) == value)
            return;
        try
        {
            // Shared with everybody: the runtime locks files opened otherwise, and two writers at once would fail.
            using var file = File.OpenHandle(PathOf(name), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(value), 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Explain($"setting sysctl {name} to \"{value}\"", e);
        }
    }

    /// <summary>Whether this kernel and namespace have the setting.</summary>
    public static bool Exists(string name) => File.Exists(PathOf(name));

    private static string PathOf(string name)
    {
        var path = name.Contains('/', StringComparison.Ordinal) ? name : name.Replace('.', '/');
        if (path.Split('/').Any(part => part is "" or "." or ".."))
            throw new ArgumentException($"\"{name}\" is not the name of a sysctl.", nameof(name));
        return $"/proc/sys/{path}";
    }

    private static LinuxException Explain(string operation, Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => new(operation, Errno.ENOENT, "This kernel or network namespace has no such setting."),
        UnauthorizedAccessException => new(operation, Errno.EACCES, "It needs root, or a user namespace that owns the network namespace, and a writable /proc/sys."),
        { HResult: Errno.EROFS } => new(operation, Errno.EROFS, "/proc/sys is mounted read-only here, as in an ordinary container; a privileged one has it writable."),
        // On Unix the runtime keeps the error number in HResult when it has no exception type of its own for it.
        _ => new(operation, e.HResult is > 0 and < 134 ? e.HResult : Errno.EIO, e.HResult == Errno.EINVAL ? "The kernel does not take this value." : e.Message),
    };
}
