using System.Diagnostics.CodeAnalysis;

namespace Viaduct.Linux.Netlink;

/// <summary>What the kernel refused, or said in a way that cannot be read.</summary>
public sealed class NetlinkException : Exception
{
    /// <summary>Describes a failed operation.</summary>
    /// <param name="operation">What was tried, as "adding link eth0".</param>
    /// <param name="errno">The positive error number.</param>
    /// <param name="kernelMessage">The kernel's own sentence (NLMSGERR_ATTR_MSG).</param>
    /// <param name="offset">Where in the request the kernel found the fault (NLMSGERR_ATTR_OFFS).</param>
    /// <param name="item">The item of a batch that failed.</param>
    public NetlinkException(string operation, int errno, string? kernelMessage = null, int? offset = null, string? item = null)
        : base(Describe(operation, errno, kernelMessage, item))
    {
        Operation = operation;
        Errno = errno;
        KernelMessage = kernelMessage;
        Offset = offset;
        Item = item;
    }

    /// <summary>What was tried.</summary>
    public string Operation { get; }

    /// <summary>The positive error number.</summary>
    public int Errno { get; }

    /// <summary>The kernel's own sentence, if it gave one.</summary>
    public string? KernelMessage { get; }

    /// <summary>Where in the request the kernel found the fault, in bytes from the message's start.</summary>
    public int? Offset { get; }

    /// <summary>The item of a batch that failed.</summary>
    public string? Item { get; }

    /// <summary>The object is not there. The kernel has several numbers for this: ENOENT, ENODEV, ESRCH (routes), EADDRNOTAVAIL (addresses).</summary>
    public bool IsNotFound => Errno is Native.Errno.ENOENT or Native.Errno.ENODEV or Native.Errno.ESRCH or Native.Errno.EADDRNOTAVAIL;

    /// <summary>The object is there already.</summary>
    public bool IsAlreadyExists => Errno is Native.Errno.EEXIST;

    /// <summary>The caller lacks a capability.</summary>
    public bool IsPermissionDenied => Errno is Native.Errno.EPERM or Native.Errno.EACCES;

    /// <summary>The same request may succeed later.</summary>
    public bool IsTransient => Errno is Native.Errno.EAGAIN or Native.Errno.EINTR or Native.Errno.ENOBUFS or Native.Errno.ENOMEM or Native.Errno.EBUSY or Native.Errno.ETIMEDOUT;

    /// <summary>The object is in use.</summary>
    public bool IsBusy => Errno is Native.Errno.EBUSY;

    [DoesNotReturn]
    internal static void ThrowMalformed(string what) => throw new NetlinkException("reading a netlink message", Native.Errno.EBADMSG, what);

    private static string Describe(string operation, int errno, string? kernelMessage, string? item)
    {
        var subject = item is null ? operation : $"{operation}, {item},";
        var reason = string.IsNullOrWhiteSpace(kernelMessage) ? "" : $": {kernelMessage.TrimEnd('.', ' ')}";
        return $"{subject} failed: {Native.Errno.Show(errno)}{reason}.";
    }
}
