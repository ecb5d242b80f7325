namespace Viaduct.Linux.Processes;

/// <summary>Signal numbers that x86-64 and arm64 share (asm-generic/signal.h).</summary>
public static class Signals
{
    /// <summary>SIGKILL: at once, cannot be refused.</summary>
    public const int Kill = 9;

    /// <summary>SIGTERM: a request to end.</summary>
    public const int Terminate = 15;

    /// <summary>SIGSTOP: stands still until <see cref="Continue"/>, cannot be refused.</summary>
    public const int Stop = 19;

    /// <summary>SIGCONT.</summary>
    public const int Continue = 18;

    /// <summary>What an init passes on to its command: SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGCONT, SIGWINCH.</summary>
    public static IReadOnlyList<int> Forwarded { get; } = [1, 2, 3, 10, 12, Terminate, Continue, 28];
}
