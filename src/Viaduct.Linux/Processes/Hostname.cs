using System.Text;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>The host name of the calling process's uts namespace.</summary>
public static class Hostname
{
    /// <summary>Sets it (at most 64 bytes).</summary>
    public static void Set(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        LinuxException.ThrowIfFailed(Libc.sethostname(bytes, (nuint)bytes.Length), $"setting the host name to {name}", "It needs CAP_SYS_ADMIN, and at most 64 bytes.");
    }
}
