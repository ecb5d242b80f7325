using System.Diagnostics.CodeAnalysis;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>The calling process itself.</summary>
public static class ThisProcess
{
    /// <summary>Becomes another program with the same number, parent, terminal and environment (execve(2)); returns only by an exception.</summary>
    /// <param name="path">The program's file.</param>
    /// <param name="arguments">What it is given.</param>
    /// <exception cref="LinuxException">It cannot be run.</exception>
    [DoesNotReturn]
    public static void Become(string path, IReadOnlyList<string> arguments)
    {
        using var all = new NativeStringArray([path, .. arguments]);
        _ = Libc.execv(path, all);
        throw LinuxException.Last($"running {path}");
    }
}
