namespace Viaduct.Node.Containers;

/// <summary>Signal numbers that x86-64 and arm64 share (asm-generic/signal.h).</summary>
internal static class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;

    /// <summary>What container-init passes on: SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGCONT, SIGWINCH.</summary>
    public static IReadOnlyList<int> Forwarded { get; } = [1, 2, 3, 10, 12, Terminate, 18, 28];
}
