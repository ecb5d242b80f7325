using Viaduct.Linux.Native;

namespace Viaduct.Linux.Threads;

/// <summary>Calls that do nothing, to see what the way costs.</summary>
public static class EmptyCalls
{
    /// <summary>Calls a function of libc, many times: the way stays in user mode.</summary>
    public static int Function(int times)
    {
        var sum = 0;
        for (var i = 0; i < times; i++)
            sum += Libc.abs(i);
        return sum;
    }

    /// <summary>Makes a system call, getppid(2), many times: each leads into the kernel and back.</summary>
    public static int System(int times)
    {
        var sum = 0;
        for (var i = 0; i < times; i++)
            sum += Libc.getppid();
        return sum;
    }
}
