using Microsoft.Win32.SafeHandles;

namespace Viaduct.Linux.Native;

/// <summary>Owns a file descriptor of any kind: socket, namespace, pidfd, epoll.</summary>
public sealed class DescriptorHandle : SafeHandleMinusOneIsInvalid
{
    public DescriptorHandle()
        : base(ownsHandle: true)
    {
    }

    // C returns an int; of the register that the marshaller takes as a pointer only its low half is defined, and accept4(3) leaves the high half 0.
    public override bool IsInvalid => (int)handle == -1;

    // Linux closes the descriptor even when close(2) says EINTR; there is nothing to repeat.
    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
