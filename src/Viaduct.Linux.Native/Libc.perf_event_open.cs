using System.Runtime.InteropServices;

namespace Viaduct.Linux.Native;

public static partial class Libc
{
    public const uint PERF_TYPE_TRACEPOINT = 2;
    public const int PERF_FLAG_FD_CLOEXEC = 8;

    private static int SYS_perf_event_open => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 298 : 241;

    /// <summary>Opens a counter of a thread and of all threads and processes that it starts from now on (linux/perf_event.h).</summary>
    public static DescriptorHandle perf_event_open_inherited(uint type, ulong config, int thread)
    {
        // struct perf_event_attr as of PERF_ATTR_SIZE_VER0: type, size, config, sample_period, sample_type, read_format, flags, wakeup_events, bp_type, bp_addr.
        const int Size = 64;
        const ulong Inherit = 1 << 1;
        Span<byte> attribute = stackalloc byte[Size];
        attribute.Clear();
        MemoryMarshal.Write(attribute, type);
        MemoryMarshal.Write(attribute[4..], Size);
        MemoryMarshal.Write(attribute[8..], config);
        MemoryMarshal.Write(attribute[40..], Inherit);
        return syscall(SYS_perf_event_open, attribute, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial DescriptorHandle syscall(nint number, Span<byte> first, nint second, nint third, nint fourth, nint fifth);
}
