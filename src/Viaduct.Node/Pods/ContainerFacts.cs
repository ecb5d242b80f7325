using Viaduct.Kube.Objects;

namespace Viaduct.Node.Pods;

internal enum ContainerRole
{
    /// <summary>An init container: runs to its end before the next one starts.</summary>
    Init,

    /// <summary>An init container with restartPolicy Always: the next one starts as soon as it has started.</summary>
    Sidecar,

    /// <summary>One of <c>spec.containers</c>.</summary>
    Main,
}

/// <summary>A container as the pod's worker sees it at one moment.</summary>
internal sealed record ContainerFacts
{
    public required Container Spec { get; init; }

    public required ContainerRole Role { get; init; }

    public required ContainerState State { get; init; }

    public ContainerState? LastState { get; init; }

    /// <summary>Its readiness probe passes, or it has none and runs.</summary>
    public bool Ready { get; init; }

    /// <summary>Its startup probe has passed, or it has none and runs.</summary>
    public bool Started { get; init; }

    public int RestartCount { get; init; }

    public string? ContainerId { get; init; }

    /// <summary>When it may be started (again); null while it runs.</summary>
    public DateTimeOffset? MayStartAt { get; init; }

    /// <summary>An earlier agent's run does not count: the container has to run (again) in this sandbox.</summary>
    public bool RestartsAnew { get; init; }

    public bool IsRunning => State.Running is not null;

    /// <summary>How its last run ended; null when it runs or has never run.</summary>
    public ContainerStateTerminated? LastExit => IsRunning || RestartsAnew ? null : State.Terminated ?? LastState?.Terminated;

    public bool Succeeded => LastExit is { ExitCode: 0 };

    /// <summary>Whether it has to run (again) under the pod's restart policy.</summary>
    public bool ShouldRun(string restartPolicy) => LastExit switch
    {
        null => !IsRunning,
        _ when Role == ContainerRole.Sidecar => true,
        { ExitCode: 0 } when Role == ContainerRole.Init => false,
        { ExitCode: 0 } => restartPolicy == "Always",
        _ => restartPolicy != "Never",
    };

    public ContainerStatus ToStatus() => new()
    {
        Name = Spec.Name,
        State = State,
        LastState = LastState ?? new ContainerState(),
        Ready = Role == ContainerRole.Init ? Succeeded : Ready,
        Started = IsRunning && Started,
        RestartCount = RestartCount,
        Image = Spec.Image ?? "",
        ImageId = "",
        ContainerId = ContainerId,
    };
}

/// <summary>A pod as its worker sees it at one moment: the input of planning and of the status.</summary>
internal sealed record PodFacts
{
    public required Pod Pod { get; init; }

    /// <summary>Init containers and sidecars, in order.</summary>
    public required IReadOnlyList<ContainerFacts> Init { get; init; }

    public required IReadOnlyList<ContainerFacts> Main { get; init; }

    /// <summary>The pod's network is there.</summary>
    public bool HasSandbox { get; init; }

    /// <summary>At most one address per IP family, the preferred first; none before the network is there.</summary>
    public IReadOnlyList<string> PodIPs { get; init; } = [];

    public required IReadOnlyList<string> HostIPs { get; init; }

    public required DateTimeOffset StartTime { get; init; }

    public string RestartPolicy => Pod.Spec?.RestartPolicy ?? "Always";

    public IEnumerable<ContainerFacts> All => Init.Concat(Main);

    /// <summary>The first init container that later ones wait for; null when the pod is initialized.</summary>
    public ContainerFacts? PendingInit =>
        Init.FirstOrDefault(c => c.Role == ContainerRole.Sidecar ? !(c.IsRunning && c.Started) && c.LastExit is null : !c.Succeeded);

    public bool IsInitialized => PendingInit is null;
}
