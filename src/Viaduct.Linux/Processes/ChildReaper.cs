namespace Viaduct.Linux.Processes;

/// <summary>
/// Reaps orphans: processes whose parent ended and that the kernel gave to this process, because it is process 1 of its pid namespace.
/// Statuses of <see cref="ChildProcess"/> children stay theirs. A program that runs this must start its children with <see cref="ChildProcess"/>, not with
/// System.Diagnostics.Process, whose statuses it would take.
/// </summary>
/// <remarks>
/// It waits in a thread of its own, not for SIGCHLD: once a handler for that signal is registered in process 1, the .NET runtime itself reaps every
/// child (wait4 with -1 in its signal thread), and the statuses are lost.
/// </remarks>
public static class ChildReaper
{
    /// <summary>Reaps what has ended so far, and whatever ends until this process does.</summary>
    public static void Start() => ExitWatcher.Shared.ReapOrphansForever();

    /// <summary>Reaps what has ended so far and returns the number of orphans among them.</summary>
    public static int ReapNow() => ExitWatcher.Shared.ReapOrphans();
}
