using Viaduct.Kube.Objects;

namespace Viaduct.Node.Probes;

/// <summary>What the probes of a container tell its pod's worker. Called from any thread.</summary>
internal interface IProbeObserver
{
    void OnProbes(bool started, bool ready);

    /// <summary>A probe failed; <paramref name="restart"/> when that was once too often and the container has to be restarted.</summary>
    void OnProbeFailure(ProbeKind kind, string message, bool restart);
}

/// <summary>
/// The probes of one run of a container: the startup probe until it has passed, then readiness and liveness. One asynchronous loop
/// per probe; disposing ends them.
/// </summary>
internal sealed class ContainerProbes : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly IProber _prober;
    private readonly ProbeTarget _target;
    private readonly IProbeObserver _observer;
    private readonly TimeProvider _time;

    private ContainerProbes(IProber prober, ProbeTarget target, IProbeObserver observer, TimeProvider time) =>
        (_prober, _target, _observer, _time) = (prober, target, observer, time);

    public static ContainerProbes Start(IProber prober, ProbeTarget target, IProbeObserver observer, TimeProvider time)
    {
        var probes = new ContainerProbes(prober, target, observer, time);
        _ = probes.RunAsync(probes._stop.Token);
        return probes;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            var container = _target.Container;
            if (!await LoopAsync(ProbeKind.Startup, container.StartupProbe, stop))
                return;
            var ready = container.ReadinessProbe is null;
            _observer.OnProbes(started: true, ready);
            await Task.WhenAll(
                LoopAsync(ProbeKind.Readiness, container.ReadinessProbe, stop),
                LoopAsync(ProbeKind.Liveness, container.LivenessProbe, stop));
        }
        catch (OperationCanceledException)
        {
            // The run has ended, and its probes with it.
        }
    }

    /// <summary>Probes until a startup probe has passed (true), or a restart was asked for (false).</summary>
    private async Task<bool> LoopAsync(ProbeKind kind, Probe? probe, CancellationToken stop)
    {
        if (probe is null)
            return true;
        var timing = ProbeTiming.Of(probe);
        var state = ProbeState.Initial(kind);
        await Task.Delay(timing.InitialDelay, _time, stop);
        while (true)
        {
            var result = await _prober.ProbeAsync(probe, _target, timing.Timeout, stop);
            stop.ThrowIfCancellationRequested();
            var before = state;
            state = state.After(result.Succeeded, timing);
            if (!result.Succeeded)
                _observer.OnProbeFailure(kind, result.Message ?? "", kind != ProbeKind.Readiness && state.HasFailed(timing));
            if (kind == ProbeKind.Readiness && state.Passing != before.Passing)
                _observer.OnProbes(started: true, state.Passing);
            if (kind == ProbeKind.Startup && state.Passing)
                return true;
            if (kind != ProbeKind.Readiness && state.HasFailed(timing))
                return false;
            await Task.Delay(timing.Period, _time, stop);
        }
    }
}
