using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    private const short POLLIN = 1;

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int fd;
        public short events;
        public short revents;
    }

    /// <summary>poll(2) for input on one descriptor: 1 ready, 0 timed out, -1 failed.</summary>
    public static int poll_input(SafeHandle descriptor, int milliseconds)
    {
        var added = false;
        descriptor.DangerousAddRef(ref added);
        try
        {
            var one = new PollDescriptor { fd = (int)descriptor.DangerousGetHandle(), events = POLLIN };
            return poll(ref one, 1, milliseconds);
        }
        finally
        {
            descriptor.DangerousRelease();
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref PollDescriptor descriptors, ulong count, int milliseconds);
}
