using Viaduct.Kube.Objects;

namespace Viaduct.Node.Probes;

internal enum ProbeKind
{
    Startup,
    Readiness,
    Liveness,
}

/// <summary>A probe's numbers with the defaults of the API filled in.</summary>
internal sealed record ProbeTiming(TimeSpan InitialDelay, TimeSpan Period, TimeSpan Timeout, int SuccessThreshold, int FailureThreshold)
{
    public static ProbeTiming Of(Probe probe) => new(
        TimeSpan.FromSeconds(Math.Max(0, probe.InitialDelaySeconds ?? 0)),
        TimeSpan.FromSeconds(Math.Max(1, probe.PeriodSeconds ?? 10)),
        TimeSpan.FromSeconds(Math.Max(1, probe.TimeoutSeconds ?? 1)),
        Math.Max(1, probe.SuccessThreshold ?? 1),
        Math.Max(1, probe.FailureThreshold ?? 3));
}

/// <summary>
/// What a probe says of its container. The verdict changes only after as many equal results in a row as the threshold asks for.
/// </summary>
/// <param name="Passing">The verdict: readiness and startup begin with false, liveness with true.</param>
/// <param name="LastResult">The last result; null before the first.</param>
/// <param name="SameResults">How many results in a row were equal to the last one.</param>
internal readonly record struct ProbeState(bool Passing, bool? LastResult, int SameResults)
{
    public static ProbeState Initial(ProbeKind kind) => new(kind == ProbeKind.Liveness, null, 0);

    public ProbeState After(bool succeeded, ProbeTiming timing)
    {
        var same = LastResult == succeeded ? SameResults + 1 : 1;
        var threshold = succeeded ? timing.SuccessThreshold : timing.FailureThreshold;
        return new ProbeState(same >= threshold ? succeeded : Passing, succeeded, same);
    }

    /// <summary>A liveness or startup probe has failed so often that the container must be restarted.</summary>
    public bool HasFailed(ProbeTiming timing) => LastResult == false && SameResults >= timing.FailureThreshold;
}
