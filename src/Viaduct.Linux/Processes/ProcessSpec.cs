using System.Runtime.InteropServices;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Linux.Processes;

/// <summary>A process to be started, in a session of its own and with default signal handling.</summary>
public sealed record ProcessSpec
{
    /// <summary>The program; a name without a slash is looked for in this process's PATH.</summary>
    public required string Path { get; init; }

    /// <summary>The arguments, without the program's own name.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The whole environment; null is this process's own.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>The working directory; null is this process's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Descriptor 0; null is /dev/null. The caller keeps its handle and disposes it.</summary>
    public SafeHandle? StandardInput { get; init; }

    /// <summary>Descriptor 1; null is /dev/null.</summary>
    public SafeHandle? StandardOutput { get; init; }

    /// <summary>Descriptor 2; null is /dev/null.</summary>
    public SafeHandle? StandardError { get; init; }

    /// <summary>The network namespace to start in; null is the calling thread's.</summary>
    public NetNamespace? NetNamespace { get; init; }

    /// <summary>Makes the process number 1 of a new pid namespace: when it ends, all in there end.</summary>
    public bool NewPidNamespace { get; init; }

    /// <summary>Starts it in a copy of the mounts, from which nothing spreads back.</summary>
    public bool NewMountNamespace { get; init; }

    /// <summary>
    /// A process whose pid, mount, uts and network namespaces the new one joins; instead of all of the above. Like <c>nsenter --pid --mount --uts --net</c>.
    /// </summary>
    public int? JoinProcess { get; init; }

    /// <summary>Lets it have a host name of its own.</summary>
    public bool NewUtsNamespace { get; init; }
}

/// <summary>How a process ended: by itself with a code, or by a signal.</summary>
public readonly record struct ExitStatus(int? Code, int? Signal)
{
    /// <summary>Whether it ended by itself with code 0.</summary>
    public bool IsSuccess => Code == 0;

    /// <summary>The code as a shell tells it: 128 and the signal's number for a signal.</summary>
    public int ShellCode => Code ?? 128 + Signal ?? 255;

    /// <inheritdoc/>
    public override string ToString() => Signal is { } signal ? $"ended by signal {signal}" : $"exited with code {Code}";
}
