using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Processes;

/// <summary>
/// Reaps orphans: processes whose parent ended and that the kernel gave to this process, because it is process 1 of its pid namespace.
/// Statuses of <see cref="ChildProcess"/> children stay theirs. A program that runs this must start its children with <see cref="ChildProcess"/>, not with
/// System.Diagnostics.Process, whose statuses it would take.
/// </summary>
public sealed class ChildReaper : IDisposable
{
    private readonly PosixSignalRegistration _registration;

    private ChildReaper() => _registration = PosixSignalRegistration.Create((PosixSignal)Libc.SIGCHLD, _ => ExitWatcher.Shared.ReapOrphans());

    /// <summary>Reaps what has ended so far, and from now on at each SIGCHLD, until disposed.</summary>
    public static ChildReaper Start()
    {
        var reaper = new ChildReaper();
        ReapNow();
        return reaper;
    }

    /// <summary>Reaps what has ended so far and returns the number of orphans among them.</summary>
    public static int ReapNow() => ExitWatcher.Shared.ReapOrphans();

    /// <inheritdoc/>
    public void Dispose() => _registration.Dispose();
}
