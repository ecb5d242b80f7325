using System.Net;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Logs;

namespace Viaduct.Node.Containers;

/// <summary>How a run of a container ended, as <c>state.terminated</c> tells it.</summary>
internal sealed record ContainerExit(int ExitCode, string Reason, string? Message = null)
{
    public static ContainerExit Of(int code) => new(code, code == 0 ? "Completed" : "Error");
}

/// <summary>One run of a container.</summary>
internal interface IRunningContainer : IDisposable
{
    Task<ContainerExit> Exited { get; }

    /// <summary>Asks it to end, and ends it after <paramref name="grace"/>. A later call with a shorter grace shortens it.</summary>
    void Stop(TimeSpan grace);

    /// <summary>Starts a further process beside it, for exec probes and <c>exec</c>; null when there is nothing to run beside (a stand-in).</summary>
    ExecTarget? ExecTarget { get; }
}

/// <summary>Where a command of <c>exec</c> runs.</summary>
/// <param name="ProcessId">Process whose pid, mount and uts namespaces it joins; null to make new ones.</param>
/// <param name="Namespace">The pod's network.</param>
/// <param name="Environment">The container's environment.</param>
/// <param name="WorkingDirectory">The container's working directory.</param>
internal sealed record ExecTarget(int? ProcessId, NetNamespace Namespace, IReadOnlyDictionary<string, string> Environment, string WorkingDirectory);

/// <summary>Everything that a run of a container is started from.</summary>
internal sealed record ContainerStart
{
    public required Pod Pod { get; init; }

    public required Container Container { get; init; }

    public required bool IsInit { get; init; }

    public required NetNamespace Namespace { get; init; }

    /// <summary>The pod's addresses, at most one per IP family, the preferred first.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    public required ContainerLog Log { get; init; }
}

/// <summary>Starts containers; throws <see cref="ContainerStartException"/> when one cannot be started.</summary>
internal interface IContainerRuntime
{
    Task<IRunningContainer> StartAsync(ContainerStart start, CancellationToken cancellation);
}
