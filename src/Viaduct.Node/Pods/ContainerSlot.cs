using System.Globalization;
using System.Security.Cryptography;
using Viaduct.Kube.Objects;
using Viaduct.Node.Containers;
using Viaduct.Node.Probes;

namespace Viaduct.Node.Pods;

/// <summary>
/// One container of a pod over all its runs. Changed only by the pod's worker; what others see are its <see cref="Facts"/>.
/// </summary>
internal sealed class ContainerSlot
{
    private readonly string _restartPolicy;
    private RestartBackoff _backoff;
    private bool _hasRun;
    private DateTimeOffset _startedAt;
    private bool _stopping;

    public ContainerSlot(Container spec, ContainerRole role, string restartPolicy, ContainerStatus? before, DateTimeOffset now)
    {
        _restartPolicy = restartPolicy;
        Facts = new ContainerFacts { Spec = spec, Role = role, State = Waiting(role == ContainerRole.Main ? "ContainerCreating" : "PodInitializing") };
        if (before?.ContainerId is not null)
            TakeOver(before, now);
    }

    public ContainerFacts Facts { get; private set; }

    public string Name => Facts.Spec.Name;

    public IRunningContainer? Running { get; private set; }

    public ContainerProbes? Probes { get; set; }

    /// <summary>The number of the next run, which is also the name of its log.</summary>
    public int NextRun => _hasRun ? Facts.RestartCount + 1 : 0;

    public void OnStarted(IRunningContainer running, DateTimeOffset now)
    {
        BeginRun(now);
        Running = running;
        var spec = Facts.Spec;
        Facts = Facts with
        {
            State = new ContainerState { Running = new ContainerStateRunning { StartedAt = now } },
            Started = spec.StartupProbe is null,
            Ready = spec.StartupProbe is null && spec.ReadinessProbe is null,
        };
    }

    /// <summary>It could not be started: that counts as a run that failed at once, unless the pod only names something missing.</summary>
    public void OnStartFailed(ContainerStartException failure, DateTimeOffset now)
    {
        if (failure.IsConfiguration)
        {
            Facts = Facts with { State = Waiting(failure.Reason, failure.Message), MayStartAt = now + RestartBackoff.First };
            return;
        }

        BeginRun(now);
        OnExited(new ContainerExit(128, failure.Reason, failure.Message), now);
    }

    public void OnExited(ContainerExit exit, DateTimeOffset now)
    {
        Running?.Dispose();
        Running = null;
        Probes?.Dispose();
        Probes = null;
        _backoff = _backoff.AfterRun(now - _startedAt);
        var ended = new ContainerState { Terminated = Terminated(exit, now) };
        Facts = Facts with { State = ended, Ready = false, Started = false, MayStartAt = now + _backoff.Delay };
        if (!_stopping && _backoff.Delay > TimeSpan.Zero && Facts.ShouldRun(_restartPolicy))
            Facts = Facts with { State = Waiting("CrashLoopBackOff", BackoffMessage()), LastState = ended };
    }

    public void OnProbes(bool started, bool ready)
    {
        if (Running is not null)
            Facts = Facts with { Started = started, Ready = started && ready && !_stopping };
    }

    /// <summary>The pod is going: the container is asked to end and will not run again. A stand-in is unready at once.</summary>
    public void Stop(TimeSpan grace)
    {
        _stopping = true;
        if (Running is null)
            return;
        if (Running.ExecTarget is null)
            Facts = Facts with { Ready = false };
        Running.Stop(grace);
    }

    /// <summary>The agent ends: processes and sockets go with it.</summary>
    public void Abandon()
    {
        Probes?.Dispose();
        Running?.Dispose();
    }

    private void BeginRun(DateTimeOffset now)
    {
        var before = (Facts with { RestartsAnew = false }).LastExit;
        Facts = Facts with
        {
            RestartCount = NextRun,
            LastState = before is null ? Facts.LastState : new ContainerState { Terminated = before },
            ContainerId = "viaduct://" + RandomNumberGenerator.GetHexString(64, lowercase: true),
            MayStartAt = null,
            RestartsAnew = false,
        };
        _backoff = _hasRun ? _backoff.AfterRestart() : _backoff;
        _hasRun = true;
        _startedAt = now;
    }

    /// <summary>An earlier agent ran this container; its processes ended with it.</summary>
    private void TakeOver(ContainerStatus before, DateTimeOffset now)
    {
        _hasRun = true;
        var last = before.State?.Terminated ?? (before.State?.Running is { } run ? Lost(run, now) : before.LastState?.Terminated);
        var taken = Facts with { RestartCount = before.RestartCount, ContainerId = before.ContainerId };
        var ended = last is null ? null : new ContainerState { Terminated = last };
        // A new sandbox needs its init containers again; a main container that is done stays done.
        var isDone = Facts.Role == ContainerRole.Main && ended is not null && !(taken with { State = ended }).ShouldRun(_restartPolicy);
        Facts = isDone ? taken with { State = ended! } : taken with { LastState = ended, RestartsAnew = Facts.Role != ContainerRole.Main };
    }

    private static ContainerStateTerminated Lost(ContainerStateRunning run, DateTimeOffset now) => new()
    {
        ExitCode = 137,
        Reason = "Unknown",
        Message = "The node agent was restarted, and its containers with it.",
        StartedAt = run.StartedAt,
        FinishedAt = now,
    };

    private ContainerStateTerminated Terminated(ContainerExit exit, DateTimeOffset now) => new()
    {
        ExitCode = exit.ExitCode,
        Reason = exit.Reason,
        Message = exit.Message,
        StartedAt = _startedAt,
        FinishedAt = now,
    };

    private string BackoffMessage() =>
        string.Create(CultureInfo.InvariantCulture, $"back-off {_backoff.Delay.TotalSeconds:0}s restarting failed container={Name}");

    private static ContainerState Waiting(string reason, string? message = null) =>
        new() { Waiting = new ContainerStateWaiting { Reason = reason, Message = message } };
}
