using System.Globalization;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>
/// Counts the system calls of a process and of all processes that it starts from now on, by the kernel's own tracepoint raw_syscalls:sys_enter. Nothing is stopped for it as with
/// ptrace(2); each call costs a counter more.
/// </summary>
public sealed class SystemCallCounter : IDisposable
{
    private const string Tracepoint = "events/raw_syscalls/sys_enter/id";
    private readonly IReadOnlyList<DescriptorHandle> counters;

    private SystemCallCounter(IReadOnlyList<DescriptorHandle> counters) => this.counters = counters;

    /// <summary>Begins to count, if this process may (CAP_PERFMON, and CAP_SYS_ADMIN to read the tracepoint's number) and the kernel can; otherwise null.</summary>
    public static SystemCallCounter? TryOpen(int process)
    {
        if (FindTracepoint() is not { } tracepoint)
            return null;
        var counters = new List<DescriptorHandle>();
        foreach (var task in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            // A thread that has ended meanwhile has no counter and needs none.
            var counter = Libc.perf_event_open_inherited(Libc.PERF_TYPE_TRACEPOINT, tracepoint, int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture));
            if (!counter.IsInvalid)
                counters.Add(counter);
        }

        return counters.Count == 0 ? null : new SystemCallCounter(counters);
    }

    /// <summary>System calls since <see cref="TryOpen"/>.</summary>
    public long Read()
    {
        Span<byte> value = stackalloc byte[sizeof(long)];
        var sum = 0L;
        foreach (var counter in counters)
        {
            if (Libc.read(counter, value, sizeof(long)) == sizeof(long))
                sum += BitConverter.ToInt64(value);
        }

        return sum;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var counter in counters)
            counter.Dispose();
    }

    // tracefs is often not mounted; a mount of our own is seen by nobody else and goes with the thread that made it.
    private static ulong? FindTracepoint() => NetNamespace.OnNewThread(() =>
    {
        const string Mounted = "/sys/kernel/tracing";
        try
        {
            if (!File.Exists(Path.Combine(Mounted, Tracepoint)))
            {
                if (Libc.unshare(Libc.CLONE_NEWNS) != 0)
                    return null;
                Mounts.MakePrivate();
                Mounts.Mount("tracefs", Mounted, "tracefs");
            }

            return (ulong?)ulong.Parse(File.ReadAllText(Path.Combine(Mounted, Tracepoint)), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    });
}
