using System.Runtime.InteropServices;

namespace Viaduct.Linux;

/// <summary>A system call that failed: what was tried, the error number and what to do about it.</summary>
public sealed class LinuxException : Exception
{
    /// <summary>Describes a failed operation.</summary>
    /// <param name="operation">What was tried, as "mounting /proc".</param>
    /// <param name="errno">The positive error number.</param>
    /// <param name="advice">A sentence on what to do.</param>
    public LinuxException(string operation, int errno, string? advice = null)
        : base($"{operation} failed: {Native.Errno.Show(errno)}.{(advice is null ? "" : " " + advice)}")
    {
        Operation = operation;
        Errno = errno;
        Advice = advice;
    }

    /// <summary>What was tried.</summary>
    public string Operation { get; }

    /// <summary>The positive error number.</summary>
    public int Errno { get; }

    /// <summary>What to do, if who threw it knows.</summary>
    public string? Advice { get; }

    /// <summary>The caller lacks a capability.</summary>
    public bool IsPermissionDenied => Errno is Native.Errno.EPERM or Native.Errno.EACCES;

    /// <summary>The file or object is not there.</summary>
    public bool IsNotFound => Errno is Native.Errno.ENOENT or Native.Errno.ESRCH or Native.Errno.ENODEV;

    /// <summary>Throws with the last P/Invoke's error unless <paramref name="result"/> says success (0 or more).</summary>
    internal static void ThrowIfFailed(int result, string operation, string? advice = null)
    {
        if (result < 0)
            throw Last(operation, advice);
    }

    internal static LinuxException Last(string operation, string? advice = null) => new(operation, Marshal.GetLastPInvokeError(), advice);
}
