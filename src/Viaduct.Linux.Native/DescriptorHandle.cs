using Microsoft.Win32.SafeHandles;

namespace Viaduct.Linux.Native;

/// <summary>Owns a file descriptor of any kind: socket, namespace, pidfd, epoll.</summary>
public sealed class DescriptorHandle : SafeHandleMinusOneIsInvalid
{
    public DescriptorHandle()
        : base(ownsHandle: true)
    {
    }

    // Linux closes the descriptor even when close(2) says EINTR; there is nothing to repeat.
    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
